import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { closedIssue, githubWebhook, reopenedIssue } from '../sources/github/sender.ts'
import { run, startBridgeProcess, startProcess } from '../support/bridge-process.ts'
import { chatMessage } from '../support/delivery.ts'
import { temporaryFolder } from '../support/folder.ts'

const secret = 'a secret of these tests'
const WEBHOOK_SECRETS = JSON.stringify({ generic: [secret], github: [secret] })
const authorization = `Bearer ${secret}`

async function post(url: string, event: unknown): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(event) })
  await response.text()
  return response.status
}

/** Waits for something that another process does. */
async function until(holds: () => boolean | Promise<boolean>, what: string, patience = 10_000): Promise<void> {
  for (const end = Date.now() + patience; !(await holds()); await wait(20)) {
    if (Date.now() > end) throw new Error(`${what}: not within ${patience} ms`)
  }
}

describe('npm start', () => {
  it('prints a curl that completes a chat message of the simulated ERP, and where to look', async () => {
    const bridge = await startBridgeProcess({ DATA_DIR: temporaryFolder() })
    await until(() => bridge.output().includes('x-session-token'), 'the welcome')
    const [, url = '', bearer = '', body = ''] =
      /curl -i (\S+) .*-H 'authorization: (.+?)' -d '(.+)'/.exec(bridge.output()) ?? []
    const [, erpUrl = '', token = ''] = /curl (\S+) -H 'x-session-token: (.+)'/.exec(bridge.output()) ?? []
    const headers = { 'content-type': 'application/json', authorization: bearer }
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(202)
    const message = async () =>
      (await fetch(erpUrl, { headers: { 'x-session-token': token } })).json() as Promise<{ completed: boolean }>
    await until(async () => (await message()).completed, 'the completed message', 1_000)
    expect(await (await fetch(new URL('/', erpUrl))).text()).toContain('completed')
  })

  it('completes, by a real webhook of GitHub’s, what a member refers to, and opens it again', async () => {
    const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
    onTestFinished(() => erp.stop())
    const bridge = await startBridgeProcess({
      DATA_DIR: temporaryFolder(),
      ERP_BASE_URL: erp.url,
      ERP_TOKEN: 'token',
      WEBHOOK_SECRETS,
    })
    const send = async (payload: unknown) => {
      const { headers, body } = await githubWebhook(payload, { key: secret, delivery: crypto.randomUUID() })
      return (await fetch(`${bridge.url}/webhooks/github`, { method: 'POST', headers, body: new Uint8Array(body) }))
        .status
    }
    const member = { author_association: 'OWNER', body: 'chatroom_message/42' }
    expect(await send(closedIssue({ ...member, updated_at: '2026-11-22T11:00:00Z' }))).toBe(202)
    await until(() => erp.message(42)?.completed === true, 'the completed message')
    expect(await send(reopenedIssue({ ...member, updated_at: '2026-11-22T11:00:01Z' }))).toBe(202)
    await until(() => erp.message(42)?.completed === false, 'the reopened message')
  })

  it('ends within 10 s of SIGTERM, with 0, and goes on where it was', async () => {
    const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
    onTestFinished(() => erp.stop())
    erp.fault = () => ({ kind: 'status', status: 503, headers: { 'retry-after': '1' } })
    const settings = { DATA_DIR: temporaryFolder(), ERP_BASE_URL: erp.url, ERP_TOKEN: 'token', WEBHOOK_SECRETS }
    const bridge = await startBridgeProcess(settings)
    expect(await post(`${bridge.url}/webhooks/generic/42`, { type: 'done' })).toBe(202)
    await until(() => erp.requests.length > 0, 'an attempt')
    expect(await bridge.end('SIGTERM')).toBe(0)
    erp.fault = undefined
    await startBridgeProcess(settings)
    await until(() => erp.message(42)?.completed === true, 'the completed message')
  })

  it('ends with npm', async () => {
    const npm = await startBridgeProcess({ DATA_DIR: temporaryFolder() }, ['npm', 'start'])
    const health = () =>
      fetch(`${npm.url}/health`).then(
        ({ status }) => status,
        () => 0,
      )
    expect(await health()).toBe(200)
    await npm.end('SIGTERM')
    await until(async () => (await health()) === 0, 'the end')
  })

  it('says in one line what is wrong, and ends with 1', async () => {
    const port = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
      onTestFinished(() => void server.close())
    })
    const DATA_DIR = temporaryFolder()
    const cases: [Record<string, string>, RegExp][] = [
      [{ DATA_DIR, PORT: String(port), ERP_PORT: '0' }, /port \d+ is taken/],
      [{ DATA_DIR: '/dev/null' }, /\/dev\/null is no folder: set DATA_DIR/],
      [{ DATA_DIR, PORT: 'eighty' }, /PORT: expected a port number/],
      [{ DATA_DIR, ERP_BASE_URL: 'http://erp.example' }, /ERP_BASE_URL: expected https/],
      [{ DATA_DIR, ERP_BASE_URL: 'https://erp.example' }, /ERP_TOKEN is missing/],
      [{ DATA_DIR, SOURCES: '{"shop":{"kind":"shopify"}}' }, /SOURCES: shop: expected a kind of .*generic, github/],
      [
        { DATA_DIR, SOURCES: '{"shop":{"kind":"generic","meaning":[]}}' },
        /SOURCES: shop: meaning: there is no such setting/,
      ],
      [{ DATA_DIR, WEBHOOK_SECRETS: '{"generic":"tiptop"}' }, /WEBHOOK_SECRETS\.generic: /],
      [{ DATA_DIR, BRIDGE_CONFIG: join(DATA_DIR, 'none.json') }, /BRIDGE_CONFIG: .*none\.json can't be read/],
    ]
    for (const [settings, line] of cases) {
      const { code, stdout, stderr } = await run(['bin/chatroom-bridge.ts', 'start'], settings)
      expect(stderr.trimEnd()).toMatch(line)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(stderr).not.toContain('tiptop')
      expect([code, stdout]).toEqual([1, ''])
    }
  })

  it('is refused on data that another bridge has', async () => {
    const DATA_DIR = temporaryFolder()
    await startBridgeProcess({ DATA_DIR })
    const { code, stderr } = await run(['bin/chatroom-bridge.ts', 'start'], { DATA_DIR, PORT: '0', ERP_PORT: '0' })
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^chatroom-bridge: another chatroom-bridge runs on the data in .*\n$/),
    ])
  })
})

describe('kill -9', () => {
  it('at any moment loses no event that was acknowledged', async () => {
    const events = 2_000
    const chatMessages = 40
    const erp = await startSimulatedErp({
      messages: Array.from({ length: chatMessages }, (_, id) => chatMessage({ id })),
      token: 'token',
    })
    onTestFinished(() => erp.stop())
    erp.latency = 2
    const settings = { DATA_DIR: temporaryFolder(), ERP_BASE_URL: erp.url, ERP_TOKEN: 'token', WEBHOOK_SECRETS }
    let bridge = await startBridgeProcess(settings)
    let acknowledged = 0
    let kills = 0
    const begin = Date.now() - 3600_000

    // The oracle: of each chat message's events the newest wins, and every actor's last word on an emoji counts.
    const completed = new Map<string, boolean>()
    const send = async (index: number) => {
      const messageId = String(index % chatMessages)
      const isDone = Math.floor(index / chatMessages) % 2 === 0
      const event = {
        id: `e${index}`,
        type: isDone ? 'done' : 'reopen',
        messageId,
        occurredAt: new Date(begin + index).toISOString(),
      }
      completed.set(messageId, isDone)
      // As a sender does: the same event again until it is acknowledged.
      while ((await post(`${bridge.url}/webhooks/generic`, event).catch(() => 0)) !== 202) await wait(20)
      acknowledged += 1
    }
    let next = 0
    const senders = Array.from({ length: 16 }, async () => {
      while (next < events) await send(next++)
    })
    for (const threshold of [200, 500, 900, 1300, 1700, 1999]) {
      await until(() => acknowledged >= threshold, `${threshold} acknowledged`, 20_000)
      await bridge.end('SIGKILL')
      kills += 1
      bridge = await startBridgeProcess(settings)
    }
    await Promise.all(senders)

    const shown = () => [...completed].every(([id, value]) => erp.message(id)?.completed === value)
    await until(shown, 'every acknowledged event in the ERP')
    expect([kills, acknowledged]).toEqual([6, events])
  })
})

describe('npx chatroom-bridge worker', () => {
  it('delivers what the bridge accepted, and what a killed one had in its hands', async () => {
    const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
    onTestFinished(() => erp.stop())
    const settings = { DATA_DIR: temporaryFolder(), ERP_BASE_URL: erp.url, ERP_TOKEN: 'token', WEBHOOK_SECRETS }
    const bridge = await startBridgeProcess(settings)
    erp.fault = () => ({ kind: 'silence' })
    expect(await post(`${bridge.url}/webhooks/generic/42`, { type: 'done' })).toBe(202)
    await until(() => erp.requests.length > 0, 'an attempt')
    await startProcess(['bin/chatroom-bridge.ts', 'worker'], settings, 'One more worker delivers')
    erp.fault = undefined
    await bridge.end('SIGKILL')
    await until(() => erp.message(42)?.completed === true, 'the completed message', 5_000)
  })
})

describe('npx chatroom-bridge send', () => {
  it('sends an event as its source would, and prints the answer and what the ERP says then', async () => {
    const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
    onTestFinished(() => erp.stop())
    const settings = { DATA_DIR: temporaryFolder(), ERP_BASE_URL: erp.url, ERP_TOKEN: 'token' }
    const bridge = await startBridgeProcess(settings)
    const { port } = new URL(bridge.url)
    for (const [args, expected] of [
      [['task.done', '42'], /generic ← 202[\s\S]*"completed": true/],
      [['task.reopened', '42', '--source', 'github'], /github ← 202[\s\S]*"completed": false/],
      [['reaction.added', '42', '--emoji', '🎉', '--actor', 'anna'], /"emoji": "🎉"/],
      [['reaction.added', '42', '--source', 'slack', '--emoji', '👀'], /slack ← 202[\s\S]*"emoji": "👀"/],
      [
        ['reaction.removed', '--source', 'slack', '--object', 'C1/1.2'],
        /^slack ← 202 .*"type":"reaction.removed","object":"C1\/1.2"/,
      ],
      [
        ['link.added', '42', '--source', 'slack', '--object', 'C1/1.2'],
        /^slack ← 202 .*"type":"link.added","messageId":"42".*\n$/,
      ],
      [
        ['task.done', '--source', 'github', '--object', 'club/site#7'],
        /^github ← 202 .*"type":"task.done","object":"club\/site#7"/,
      ],
      [['link.removed', '42', '--object', 'ticket-7'], /^generic ← 202 .*"type":"link.removed","messageId":"42".*\n$/],
      [['done', '42', '--source', 'linear'], /linear ← 200[\s\S]*"completed": true/],
      [['text.edited', '42', '--text', 'neu'], /"message_text": "neu"/],
      [['task.done', '99'], /The ERP refused it: 404/],
    ] as const) {
      const { code, stdout } = await run(['bin/chatroom-bridge.ts', 'send', ...args], { ...settings, PORT: port })
      expect(stdout).toMatch(expected)
      expect(code).toBe(0)
    }
    const typo = await run(['bin/chatroom-bridge.ts', 'send', 'task.dne', '42'], { ...settings, PORT: port })
    expect([typo.code, typo.stdout]).toEqual([1, expect.stringContaining('422')])
  })

  it('says what to do where nothing listens or there is no secret', async () => {
    const settings = { DATA_DIR: temporaryFolder(), PORT: '1' }
    expect((await run(['bin/chatroom-bridge.ts', 'send', 'done', '42'], settings)).stderr).toMatch(
      /generic has no secret yet: npx chatroom-bridge secrets add generic/,
    )
    const nobody = await run(['bin/chatroom-bridge.ts', 'send', 'done', '42'], { ...settings, WEBHOOK_SECRETS })
    expect(nobody.stderr).toMatch(/nothing listens on http:\/\/127\.0\.0\.1:1\/webhooks\/generic: run npm start first/)
  })
})

describe('npx chatroom-bridge secrets', () => {
  it('lists, adds, shows and retires, and the running bridge takes it at once', async () => {
    const DATA_DIR = temporaryFolder()
    const bridge = await startBridgeProcess({ DATA_DIR })
    const secrets = async (...args: string[]) =>
      (await run(['bin/chatroom-bridge.ts', 'secrets', ...args], { DATA_DIR })).stdout.trim()
    const status = async (token: string) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      return (await fetch(`${bridge.url}/webhooks/generic`, { method: 'POST', headers, body: '[]' })).status
    }
    const first = await secrets('show', 'generic')
    const added = await secrets('add', 'generic')
    expect(await secrets('show', 'generic')).toBe(`${added}\n${first}`)
    expect([await status(first), await status(added)]).toEqual([200, 200])
    expect(await secrets('list')).toMatch(/generic +2 valid\ngithub +1 valid/)
    expect(await secrets('retire', 'generic')).toBe('1 retired')
    expect([await status(first), await status(added)]).toEqual([401, 200])
    expect(await secrets('add', 'github', 'given by hand')).toBe('given by hand')
  })

  it('refuses a source that there is not, and one whose secrets settings fix', async () => {
    const settings = { DATA_DIR: temporaryFolder(), WEBHOOK_SECRETS }
    expect(await run(['bin/chatroom-bridge.ts', 'secrets', 'add', 'shop'], settings)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no source shop'),
    })
    expect(await run(['bin/chatroom-bridge.ts', 'secrets', 'add', 'generic'], settings)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('WEBHOOK_SECRETS fixes'),
    })
  })
})
