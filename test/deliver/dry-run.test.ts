import { describe, expect, it } from 'vitest'
import { createDeliver } from '../../functions/deliver/deliver.ts'
import { readSettings } from '../../functions/settings/settings.ts'
import { isDue, parkedWrites } from '../../functions/state/message/message-state.ts'
import { createLog } from '../../local/logging/logfmt.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { startBridgeProcess } from '../support/bridge-process.ts'
import { cliCommand } from '../support/cli.ts'
import { chatMessage, type Delivery, deliveryUnderTest, record } from '../support/delivery.ts'
import { at, done, react, reopened, update } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { testTerminal } from '../support/terminal.ts'

const reconcileCommand = cliCommand('reconcile')
const send = cliCommand('send')

const day = 24 * 3600_000
const text = { kind: 'text', text: 'Kommt am Montag' } as const

async function dryDelivery(given: Parameters<typeof deliveryUnderTest>[0] = {}) {
  const lines: string[] = []
  const log = createLog((line) => lines.push(line.replace(/^\S+ /, '')))
  const delivery = await deliveryUnderTest({ isDry: true, log, ...given })
  return { delivery, lines }
}

/** The same bridge, started again without the setting. */
async function endDryRun({ dependencies, queue }: Delivery): Promise<void> {
  const deliver = createDeliver({ ...dependencies, isDry: false })
  for (const { body, receipt } of await queue.receive({ max: 10, visibility: 1_000 })) {
    await deliver({ Records: [record(body)] })
    await queue.remove(receipt)
  }
}

/** `reconcile --show` of a bridge. */
async function shown({ dependencies, erp: _, ...home }: Delivery): Promise<unknown> {
  const terminal = testTerminal()
  const { erp, host } = dependencies
  const open = async () => ({ ...home, erp, host, close() {} }) as never
  expect(await reconcileCommand(['--show', '--json'], open, terminal)).toBe(0)
  return JSON.parse(terminal.printed())
}

describe('a dry run', () => {
  it('does everything but the PUT, and logs which attributes that would have had', async () => {
    const { delivery, lines } = await dryDelivery({ messages: [chatMessage({ completed: true })] })
    await delivery.accept(update(done), update(react('👍'), { actor: 'anna' }), update(text))
    await delivery.run()
    expect([delivery.gets(), delivery.puts()]).toEqual([1, []])
    expect(lines.filter((line) => line.includes('dry run'))[0]).toBe(
      '"dry run" messageId=42 wouldPut="reactions,message_text"',
    )
    expect(lines.join()).not.toMatch(/Montag|👍|anna/u)
    const { registers } = await delivery.state()
    expect(registers['completed']?.shown).toBeDefined()
    expect(isDue(await delivery.state())).toBe(true)
  })

  it('looks again at once when something new comes', async () => {
    const { delivery } = await dryDelivery()
    await delivery.accept(update(done))
    await delivery.run()
    await delivery.accept(update(react('👍'), { receivedAt: at(1) }))
    await delivery.run()
    expect(delivery.gets()).toBe(2)
    expect(await shown(delivery)).toMatchObject([
      { put: { completed: true, reactions: [{ emoji: '👍' }] }, sent: false },
    ])
  })

  it('parks nothing by its age, and what waited is sent when it ends', async () => {
    const { delivery } = await dryDelivery()
    await delivery.accept(update(done))
    for (let days = 0; days < 9; days += 1) {
      await delivery.run()
      delivery.pass(day)
    }
    expect(await delivery.state()).toMatchObject({ waits: 'dry run', attempts: 0 })
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    await endDryRun(delivery)
    expect(parkedWrites(await delivery.state())).toEqual([])
    delivery.erp.fault = undefined
    delivery.pass(day)
    await endDryRun(delivery)
    expect(delivery.erp.message(42)?.completed).toBe(true)
    expect(isDue(await delivery.state())).toBe(false)
  })

  it.each([
    ['can’t be reached as it ends', { host: { putClears: false } }],
    ['refuses GET, where nothing tells the lists', { host: { putClears: false, getDisabled: true } }],
  ])('parks nothing by its age on a host that %s', async (_, given) => {
    const { delivery } = await dryDelivery(given)
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    await delivery.accept(update(react('👍')))
    for (let days = 0; days < 9; days += 1) {
      await delivery.run()
      delivery.pass(day)
    }
    await endDryRun(delivery)
    expect(parkedWrites(await delivery.state())).toEqual([])
    expect(isDue(await delivery.state())).toBe(true)
  })

  it('gives nothing back by a PUT either, and looks no more often than each quarter of an hour', async () => {
    const { delivery } = await dryDelivery({ behaviour: { put: 'replace' } })
    await delivery.accept(update(done), update(reopened, { messageId: '43' }))
    for (let minutes = 0; minutes < 60; minutes += 1) {
      await delivery.run()
      delivery.pass(60_000)
    }
    expect(delivery.erp.requests.every(({ method }) => method === 'GET')).toBe(true)
    expect(delivery.gets()).toBeLessThanOrEqual(5 + 1)
    expect(parkedWrites(await delivery.state('43'))).toMatchObject([{ write: { parked: { status: 404 } } }])
  })

  it('shows what would be sent, or why nothing would', async () => {
    const { delivery } = await dryDelivery({
      messages: [chatMessage(), chatMessage({ id: 43 }), chatMessage({ id: 44 })],
    })
    for (const messageId of ['42', '43', '44']) await delivery.accept(update(text, { messageId }))
    await delivery.run()
    delivery.erp.edit(43, (message) => void Object.assign(message, { message_text: text.text }))
    delivery.erp.fault = ({ url }) => (url.endsWith('/44') ? { kind: 'status', status: 503 } : undefined)
    expect(await shown(delivery)).toMatchObject([
      { messageId: '42', put: { message_text: text.text } },
      { messageId: '43', noPut: 'the ERP shows it already' },
      { messageId: '44', noPut: 'the ERP cannot be asked: status 503' },
    ])
    expect(delivery.puts()).toEqual([])
  })

  it('is a setting of the bridge, and whoever sends an event is told', async () => {
    const DATA_DIR = temporaryFolder()
    const secrets = { WEBHOOK_SECRETS: '{"generic":["secret"]}' }
    const bridge = await startBridgeProcess({ DATA_DIR, DRY_RUN: 'true', ...secrets })
    const [, ERP_BASE_URL = ''] = /chat on (\S+)\//.exec(bridge.output()) ?? []
    const settings = { DATA_DIR, PORT: new URL(bridge.url).port, ERP_BASE_URL, ERP_TOKEN: 'simulated', ...secrets }
    const terminal = testTerminal()
    const open = () => openLocalBridge(readSettings(settings, 'one machine'))
    expect(await send(['task.done', '42'], open, terminal)).toBe(0)
    expect(terminal.printed()).toContain('This is a dry run: nothing was sent to the ERP.')
    const after = testTerminal()
    await reconcileCommand(['--show'], open, after)
    expect(after.printed()).toBe('42\n  wants  completed\n  PUT    {\n           "completed": true\n         }\n')
    expect(bridge.output()).toMatch(/"dry run" messageId=42 wouldPut=completed/)
    await bridge.end('SIGTERM')
  })
})
