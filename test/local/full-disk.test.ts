import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { simulatedMessages } from '../../local/simulated-erp/messages.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { startBridgeHere } from '../support/bridge-here.ts'
import { startBridgeProcess } from '../support/bridge-process.ts'
import { chatMessage } from '../support/delivery.ts'
import { secret } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { post, until } from '../support/post.ts'

const chatMessages = 20

async function erpOfTest() {
  const messages = Array.from({ length: chatMessages }, (_, id) => chatMessage({ id }))
  const erp = await startSimulatedErp({ messages, token: 'token' })
  onTestFinished(() => erp.stop())
  return erp
}

/** An event that takes several pages of its own. */
function event(index: number) {
  return {
    id: `e${index}`,
    type: 'text.edited',
    messageId: String(index % chatMessages),
    occurredAt: new Date(Date.UTC(2026, 10, 22, 12, 0, index)).toISOString(),
    text: `${index} `.padEnd(20_000, 'x'),
  }
}

/** Of each chat message the last event that was acknowledged. */
function lastOf(acknowledged: Iterable<number>): Map<number, string> {
  return new Map([...acknowledged].sort((a, b) => a - b).map((index) => [index % chatMessages, event(index).text]))
}

describe('a disk that fills up while webhooks come in', () => {
  it('makes senders wait, and all that was acknowledged is in the ERP soon after there is room', async () => {
    const erp = await erpOfTest()
    const { url, log, pragma, count } = await startBridgeHere(temporaryFolder(), erp)
    const acknowledged = new Set<number>()
    const refused: (string | null)[] = []
    let isFull = false
    const send = async (index: number) => {
      for (;;) {
        const { status, retryAfter } = await post(url, event(index))
        if (status === 202) return acknowledged.add(index)
        expect([status, isFull]).toEqual([503, true])
        refused.push(retryAfter)
        await wait(20)
      }
    }
    const send100 = (from: number) => Promise.all(Array.from({ length: 100 }, (_, index) => send(from + index)))
    await send100(0)
    isFull = true
    pragma(`max_page_count = ${count('SELECT page_count AS count FROM pragma_page_count')}`)
    // The ERP is slow, so that events pile up.
    erp.latency = 50
    const others = send100(100)
    await until(() => refused.length > 200, 'a full disk')
    expect(new Set(refused)).toEqual(new Set(['5']))
    const troubled = log.filter((line) => /error=|status=503|store/.test(line))
    expect(troubled.filter((line) => line.includes('the disk that DATA_DIR is on is full: make room'))).not.toEqual([])
    // Hundreds of webhooks and attempts failed.
    expect(troubled.length).toBeLessThan(20)

    pragma('max_page_count = 1000000')
    erp.latency = 0
    await others
    expect(acknowledged.size).toBe(200)
    const isShown = () => [...lastOf(acknowledged)].every(([id, text]) => erp.message(id)?.message_text === text)
    await until(isShown, 'every acknowledged event', 5_000)
    // What else is there are attempts for the case that one in flight had died.
    const queued = `SELECT count(*) AS count FROM messages WHERE body LIKE '%"kind":"updates"%'`
    await until(() => count(queued) === 0, 'an empty queue', 5_000)
  })

  it('by the limit that the system sets: a bridge that then finds room delivers all that was acknowledged', async () => {
    const erp = await erpOfTest()
    const settings = {
      DATA_DIR: temporaryFolder(),
      ERP_BASE_URL: erp.url,
      ERP_TOKEN: 'token',
      WEBHOOK_SECRETS: JSON.stringify({ generic: [secret], github: [secret] }),
    }
    // No file may have more than 1 or 2 MB, by the unit of the shell.
    const limited = [
      '/bin/sh',
      '-c',
      'ulimit -f 2000 && exec "$@"',
      'sh',
      process.execPath,
      'bin/chatroom-bridge.ts',
      'start',
    ]
    const bridge = await startBridgeProcess(settings, limited)
    const acknowledged = new Set<number>()
    const statuses = new Set<number>()
    for (let index = 0; !statuses.has(503) && index < 500; index += 1) {
      const { status } = await post(bridge.url, event(index))
      statuses.add(status)
      if (status === 202) acknowledged.add(index)
    }
    expect(statuses).toEqual(new Set([202, 503]))
    expect(bridge.output()).toMatch(/"can not store" why="the disk that DATA_DIR is on can't be .* written/)
    expect(await bridge.end('SIGTERM')).toBe(0)
    await startBridgeProcess(settings)
    const isShown = () => [...lastOf(acknowledged)].every(([id, text]) => erp.message(id)?.message_text === text)
    await until(isShown, 'every acknowledged event')
  })
})

describe('data that turn read-only while a PUT is on its way', () => {
  it('get its result as soon as they can be written again, without another PUT', async () => {
    const erp = await erpOfTest()
    const { url, log, pragma, count } = await startBridgeHere(temporaryFolder(), erp)
    erp.fault = ({ method }) => {
      if (method === 'PUT') pragma('query_only = ON')
      return undefined
    }
    expect((await post(url, event(1))).status).toBe(202)
    await until(() => erp.message(1)?.message_text === event(1).text, 'the PUT')
    expect(await post(url, event(2))).toEqual({ status: 503, retryAfter: '5' })
    await until(() => log.some((line) => line.includes('can not store')), 'a line in the log')
    expect(log.join('\n')).toMatch(
      /can't be written \(attempt to write a readonly database\): give this user the right/,
    )

    erp.fault = undefined
    pragma('query_only = OFF')
    await until(() => count('SELECT count(*) AS count FROM messages') === 0, 'an empty queue', 2_000)
    expect(count('SELECT count(*) AS count FROM states WHERE sweep_at IS NOT NULL')).toBe(0)
    expect(erp.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
    expect((await post(url, event(2))).status).toBe(202)
  })

  it('and stay so do not keep the bridge from ending', async () => {
    const erp = await erpOfTest()
    const { url, pragma, stop } = await startBridgeHere(temporaryFolder(), erp)
    erp.fault = ({ method }) => {
      if (method === 'PUT') pragma('query_only = ON')
      return undefined
    }
    await post(url, event(1))
    await until(() => erp.message(1)?.message_text === event(1).text, 'the PUT')
    const startedAt = performance.now()
    await stop()
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

describe('a simulated ERP whose file can not be written', () => {
  it('says 503, shows what it showed before, and takes the next PUT once it can', async () => {
    const folder = temporaryFolder()
    const { messages, save } = simulatedMessages(folder)
    const erp = await startSimulatedErp({ messages, save, token: 'token' })
    onTestFinished(() => erp.stop())
    const put = async () => {
      const headers = { 'content-type': 'application/json', 'x-session-token': 'token' }
      const body = JSON.stringify({ data: { completed: true } })
      return (await fetch(`${erp.url}/api/cp/chat/chatroom_message/42`, { method: 'PUT', headers, body })).status
    }
    mkdirSync(join(folder, 'simulated-erp.json', 'a folder'), { recursive: true })
    expect([await put(), erp.message(42)?.completed, readdirSync(folder)]).toEqual([503, false, ['simulated-erp.json']])
    rmSync(join(folder, 'simulated-erp.json'), { recursive: true })
    expect([await put(), erp.message(42)?.completed]).toEqual([200, true])
    expect(simulatedMessages(folder).messages.find(({ id }) => id === 42)?.completed).toBe(true)
  })
})
