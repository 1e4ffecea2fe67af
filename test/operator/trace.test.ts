import { describe, expect, it, onTestFinished } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createTelemetry } from '../../functions/lambda/telemetry.ts'
import type { Log } from '../../functions/ports/ports.ts'
import { keptLines, openLogFiles } from '../../local/logging/log-files.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import type { BridgeAccess } from '../../operator/open/bridge.ts'
import { createInsights } from '../../operator/trace/cloudwatch-log.ts'
import { localLog } from '../../operator/trace/local-log.ts'
import type { LogLines } from '../../operator/trace/log-lines.ts'
import { apiEvent } from '../support/api-event.ts'
import { startBridgeHere } from '../support/bridge-here.ts'
import { run } from '../support/bridge-process.ts'
import { cliCommand } from '../support/cli.ts'
import { chatMessage, deliveryUnderTest } from '../support/delivery.ts'
import { secret, webhook } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startLogs } from '../support/logs.ts'
import { post, until } from '../support/post.ts'
import { testTerminal } from '../support/terminal.ts'
import { written } from '../support/written.ts'

const traceCommand = cliCommand('trace')

/** A home's log, and who looks through it. */
type LogOfHome = {
  log: Log
  lines: LogLines
  published: ReturnType<typeof createTelemetry>['published']
}

const homes: Record<string, () => Promise<LogOfHome>> = {
  async 'on one machine'() {
    const folder = temporaryFolder()
    const { log, close } = openLogFiles(folder)
    onTestFinished(close)
    return { log, lines: localLog(folder), published: (handler) => handler }
  },
  async 'on AWS'() {
    const logs = await startLogs()
    onTestFinished(logs.stop)
    const { log, published, metrics } = createTelemetry('dev')
    const output = written(process.stdout)
    const insights = createInsights({ client: logs.logs, logGroupNames: ['ingest', 'deliver'] })
    const told: Log = (event, fields) => {
      // Nothing is published without a metric, and none of what happens here is without one.
      if (event === 'webhook') metrics('Accepted', 1)
      log(event, fields)
    }
    return {
      log: told,
      published,
      lines: {
        find(query) {
          logs.write('ingest', output.splice(0))
          logs.write('deliver', ['START RequestId: 1', '{"_aws":{}}'])
          return insights.find(query)
        },
      },
    }
  },
}

/** A bridge whose log is a home's, from the front door to the ERP, and `trace` on it. */
async function traced(home: string) {
  const { log, lines, published } = await (homes[home] as () => Promise<LogOfHome>)()
  const delivery = await deliveryUnderTest({ messages: [chatMessage(), chatMessage({ id: 43 })], log })
  const source = (name: string) => [name, { name, kind: 'generic', meanings: ['completed', 'reaction'] }] as const
  const ingest = published(
    createIngest({
      sources: new Map([source('generic'), source('shop')]),
      secrets: { of: async () => [secret] },
      queue: delivery.queue,
      clock: delivery.clock,
      log,
    }),
  )
  let requests = 0
  const { states } = delivery
  return {
    ...delivery,
    async send(event: object, url = '/webhooks/generic') {
      const call = apiEvent(webhook(event, { url }))
      requests += 1
      await ingest({ ...call, requestContext: { ...call.requestContext, requestId: `request-${requests}` } })
    },
    async trace(args: string) {
      const terminal = testTerminal()
      const open = async () => ({ log: lines, states, close() {} }) as unknown as BridgeAccess
      const code = await traceCommand(args.split(' '), open, terminal)
      // The moments are no news here.
      const said = terminal.printed().replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T')
      return { code, said, warned: terminal.warned() }
    },
  }
}

describe.each(Object.keys(homes))('npx chatroom-bridge trace %s', (home) => {
  it('tells when an event was received, of the attempt that fulfilled it, and that the ERP shows it', async () => {
    const { send, run, trace } = await traced(home)
    await send({ id: 'evt_1', type: 'done', messageId: 42 })
    await run()
    expect(await trace('evt_1')).toEqual({
      code: 0,
      warned: '',
      said: [
        'T  received: generic was answered 202',
        'T  attempt for chat message 42: fulfilled, 1 PUT, 0 ms',
        '',
        'chat message 42: fulfilled, the ERP shows it.',
        '',
      ].join('\n'),
    })
  })

  it('tells of each attempt of an outage and when the next one is, and then of the one that got through', async () => {
    const { send, run, trace, erp, pass } = await traced(home)
    erp.fault = () => ({ kind: 'status', status: 503 })
    await send({ id: 'evt_1', type: 'done', messageId: 42 })
    await run()
    await send({ id: 'evt_2', type: 'react', emoji: '🎉', messageId: 42 })
    await run()
    const { said } = await trace('evt_1')
    expect(said).toContain('attempt for chat message 42: GET: status 503, no PUT, 0 ms; the next attempt is at T')
    expect(said).toContain('chat message 42: due, the next attempt is at T.')
    expect((await trace('evt_2')).said).toContain('merged into chat message 42; the next attempt is at T')

    erp.fault = undefined
    pass(60_000)
    await run()
    for (const event of ['evt_1', 'evt_2']) {
      const { said } = await trace(event)
      expect(said.match(/fulfilled, 1 PUT/g)).toHaveLength(1)
      expect(said).toContain('chat message 42: fulfilled, the ERP shows it.')
    }
  })

  it('tells what superseded an event, what is parked with the command to run next, and what was ignored', async () => {
    const { send, run, trace, erp } = await traced(home)
    erp.fault = ({ method, body }) =>
      method === 'PUT' && body.includes('💥') ? { kind: 'status', status: 422, body: '{}' } : undefined
    await send([
      { id: 'old', type: 'reopen', messageId: 42, occurredAt: '2026-11-22T11:00:00Z' },
      { id: 'new', type: 'done', messageId: 42, occurredAt: '2026-11-22T11:01:00Z' },
      { id: 'bad', type: 'react', emoji: '💥', messageId: 43 },
    ])
    await run()
    expect((await trace('old')).said).toContain('chat message 42: superseded, by generic new.')
    const { said } = await trace('bad --stack chatroom-bridge-dev')
    expect(said).toMatch(/attempt for chat message 43: refused.*\nT {2}parked for chat message 43: refused 422\n/)
    expect(said).toMatch(
      /parked, refused 422\.\n {2}npx chatroom-bridge parked show 43\/\S{22} --stack chatroom-bridge-dev\n/,
    )
    await send({ id: 'mute', type: 'edit', text: 'Nein', messageId: 42 })
    await run()
    expect((await trace('mute')).said).toMatch(/^T {2}received, and ignored: generic was answered 200\n/)
  })

  it('tells at which object an event is held, and follows it once that is linked', async () => {
    const { send, run, trace } = await traced(home)
    await send({ id: 'evt_1', type: 'done', object: 'ticket-7' })
    await run()
    expect((await trace('evt_1')).said).toMatch(
      /T {2}held: its object has no link\n\ngeneric ticket-7: held, .* held until T\.\n {2}npx chatroom-bridge links add generic ticket-7 MESSAGE\n/,
    )
    await send({ id: 'link_1', type: 'link.added', object: 'ticket-7', messageId: 42 })
    await run()
    const { said } = await trace('evt_1')
    expect(said).toContain('passed on to chat message 42')
    expect(said).toContain('attempt for chat message 42: fulfilled, 1 PUT')
    expect(said).toContain('generic ticket-7: passed on, it is linked to 42.\nchat message 42: fulfilled')
  })

  it('keeps two sources’ events of one id apart, takes any id, and says where it knows nothing', async () => {
    const { send, run, trace } = await traced(home)
    const odd = 'a+b/"b".*\\(c)\u{1F389}'
    await send({ id: 'same', type: 'done', messageId: 42 })
    await send({ id: 'same', type: 'done', messageId: 43 }, '/webhooks/shop')
    await send({ id: odd, type: 'react', emoji: '👍', messageId: 43 })
    await run()
    expect((await trace('same')).said).toMatch(/chat message 42: f[\s\S]*chat message 43: f/)
    expect((await trace('same --source shop')).said).not.toContain('42')
    expect((await trace(odd)).said).toContain('chat message 43: fulfilled')
    const json = JSON.parse((await trace('same --source shop --json')).said)
    expect(json).toMatchObject({
      event: 'same',
      story: [{ message: 'webhook' }, { message: 'attempt', messageId: '43' }],
      statuses: [{ of: 'chat message 43', state: 'fulfilled' }],
    })
    const { code, warned } = await trace('sam')
    expect(code).toBe(1)
    expect(warned).toMatch(
      /^sam: the log since .* holds no event with this id: it did not arrive, or earlier \(--since\)\n$/,
    )
  })
})

it('tells it of a bridge that runs on this machine, whose log holds no more than ids', async () => {
  const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
  onTestFinished(erp.stop)
  const folder = temporaryFolder()
  const { url } = await startBridgeHere(folder, erp)
  await post(url, { id: 'evt_1', type: 'edit', messageId: 42, text: 'Vertraulich' })
  await until(() => erp.message(42)?.message_text === 'Vertraulich', 'the edited text')
  const traced = () => run(['bin/chatroom-bridge.ts', 'trace', 'evt_1'], { DATA_DIR: folder })
  await until(async () => (await traced()).stdout.includes('the ERP shows it'), 'the end of the story')
  const { code, stdout } = await traced()
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/T.*Z {2}received: generic was answered 202\n.* fulfilled, 1 PUT/),
  ])
  const kept = [...keptLines(folder)].join('\n')
  expect(kept).toContain('"message":"attempt"')
  for (const text of ['Vertraulich', secret, 'token']) expect(kept).not.toContain(text)
})

describe('a search in CloudWatch', () => {
  it('says so where it fails, and where a group is gone', async () => {
    const logs = await startLogs()
    onTestFinished(logs.stop)
    logs.write('ingest', ['{"message":"webhook"}'])
    const search = (group: string) =>
      createInsights({ client: logs.logs, logGroupNames: [group] }).find({ texts: ['webhook'], since: 0 })
    expect(await search('ingest')).toMatchObject([{ message: 'webhook' }])
    logs.end = 'Failed'
    await expect(search('ingest')).rejects.toThrow('the search in the log ended: Failed')
    await expect(search('gone')).rejects.toThrow('ResourceNotFoundException')
  })
})
