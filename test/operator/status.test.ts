import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { run, startBridgeProcess } from '../support/bridge-process.ts'
import { chatMessage } from '../support/delivery.ts'
import { secret } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { post, until } from '../support/post.ts'

/** A bridge that runs, its ERP, and what `status` and `doctor` say of it as JSON. */
async function runningBridge() {
  const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
  onTestFinished(() => erp.stop())
  const settings = {
    DATA_DIR: temporaryFolder(),
    ERP_BASE_URL: erp.url,
    ERP_TOKEN: 'token',
    WEBHOOK_SECRETS: JSON.stringify({ generic: [secret] }),
  }
  const bridge = await startBridgeProcess(settings)
  const here = { ...settings, PORT: new URL(bridge.url).port }
  const ask = async (...args: string[]) => {
    const { code, stdout } = await run(['bin/chatroom-bridge.ts', ...args, '--json'], here)
    return { code, json: JSON.parse(stdout) }
  }
  return { erp, bridge, settings, here, ask }
}

describe('status', () => {
  it('says that all is well, when each source sent last, and ends with 0', async () => {
    const { bridge, ask } = await runningBridge()
    await post(bridge.url, { id: 'e1', type: 'task.done', messageId: 42 })
    await until(async () => (await ask('status')).json.chatMessages.due === 0, 'the event is delivered')
    const { code, json } = await ask('status')
    expect(json).toMatchObject({
      frontDoor: { url: bridge.url, isUp: true },
      queue: { waiting: 0 },
      chatMessages: { due: 0, retried: 0, parked: 0 },
      deadLetters: 0,
      erp: { breaker: 'closed', session: 'fixed', isDryRun: false },
      disk: { data: expect.any(Number), free: expect.any(Number) },
      tasks: [],
    })
    const generic = json.sources.find(({ source }: { source: string }) => source === 'generic')
    expect(generic).toMatchObject({ hasSecret: true, lastEvent: expect.stringMatching(/^\d{4}-.*Z$/) })
    expect(code).toBe(0)
  })

  it('names what to do, with the command, and ends with 1', async () => {
    const { bridge, ask, here } = await runningBridge()
    await post(bridge.url, { id: 'e1', type: 'task.done', messageId: 99 })
    await fetch(`${bridge.url}/webhooks/github`, { method: 'POST', body: '{}' })
    await until(async () => (await ask('status')).json.chatMessages.parked === 1, 'the write is parked')
    const { code, json } = await ask('status')
    expect([code, json.tasks]).toEqual([
      1,
      [
        { what: 'something is parked of 1 chat messages', command: 'parked list' },
        { what: 'the last webhook of github was refused: compare its secret', command: 'secrets show github' },
      ],
    ])
    const { stdout } = await run(['bin/chatroom-bridge.ts', 'status'], here)
    expect(stdout).toMatch(/^chatroom-bridge \S+ · one machine · 2 things for you\n {2}! something is parked/)
    await bridge.end('SIGKILL')
    expect((await ask('status')).json).toMatchObject({ frontDoor: { isUp: false } })
  })
})

describe('doctor', () => {
  it('finds nothing wrong with a bridge that runs', async () => {
    const { ask } = await runningBridge()
    const { code, json } = await ask('doctor')
    const results = Object.fromEntries(json.map(({ name, result }: { name: string; result: string }) => [name, result]))
    expect(results).toMatchObject({
      Node: 'ok',
      settings: 'ok',
      'ERP reachable': 'ok',
      'ERP session': 'ok',
      clock: 'ok',
    })
    expect(code).toBe(0)
  })

  it('says what to do about wrong settings, a refused token and an ERP that is away', async () => {
    const { erp, here } = await runningBridge()
    const check = async (settings: Record<string, string>) => {
      const { code, stdout } = await run(['bin/chatroom-bridge.ts', 'doctor', '--json'], { ...here, ...settings })
      const failed = JSON.parse(stdout).filter(({ result }: { result: string }) => result === 'failed')
      return [code, failed.map(({ name }: { name: string }) => name)]
    }
    expect(await check({ PORT: 'x' })).toEqual([1, ['settings']])
    expect(await check({ ERP_TOKEN: 'other' })).toEqual([1, ['ERP session']])
    await erp.stop()
    expect(await check({})).toEqual([1, ['ERP reachable']])
  })

  it('warns of a data folder that others can read', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'secrets.json'), '{}')
    const { stdout } = await run(['bin/chatroom-bridge.ts', 'doctor', '--data', '/tmp'], {
      ERP_BASE_URL: 'http://127.0.0.1:1',
      ERP_TOKEN: 'token',
    })
    expect(stdout).toMatch(/warning +data folder +others can read \/tmp/)
  })
})
