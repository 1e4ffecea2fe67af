import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withErpMetrics } from '../../functions/erp/metrics.ts'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createTelemetry } from '../../functions/lambda/telemetry.ts'
import type { Log, Metrics } from '../../functions/ports/ports.ts'
import type { ChatroomMessage } from '../../functions/state/erp/chatroom-message.ts'
import { openLogFiles } from '../../local/logging/log-files.ts'
import { createLog, teeLog } from '../../local/logging/logfmt.ts'
import { startMetrics } from '../../local/logging/metrics-summary.ts'
import { apiEvent } from '../support/api-event.ts'
import { deliveryUnderTest, record } from '../support/delivery.ts'
import { noon, secret, webhook } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { written } from '../support/written.ts'

const events = 1_000
/** What an event of a run may cost in the log; bytes. */
const budget = 500

it('on AWS holds less than 500 bytes per event, metrics included, and nothing that is not to be in a log', async () => {
  const lines = written(process.stdout)
  const [ingest, deliver] = [createTelemetry('dev'), createTelemetry('dev')]
  await run({ ...ingest, deliver })
  expectShortAndSilent(lines)
  const objects = lines.map((line) => JSON.parse(line))
  expect(objects.filter(({ message }) => message === 'webhook')).toHaveLength(events)
  expect(objects.filter(({ message }) => message === 'attempt')).toHaveLength(events)
  const told = (name: string) => objects.flatMap((line) => line[name] ?? [])
  expect(told('Accepted').reduce((sum, one) => sum + one, 0)).toBe(events)
  expect(told('DeliveryLag')).toHaveLength(events)
  expect(told('PutsSent').reduce((sum, one) => sum + one, 0)).toBe(events)
})

it('on one machine holds less than 500 bytes per event, on the terminal and in its files, and nothing that is not to be in a log', async () => {
  const folder = temporaryFolder()
  const lines: string[] = []
  const files = openLogFiles(folder)
  const log = teeLog(
    createLog((line) => lines.push(`${line}\n`)),
    files.log,
  )
  const { metrics, stop } = startMetrics((fields) => log('metrics', fields))
  const published = <Event, Result>(handler: (event: Event) => Promise<Result>) => handler
  await run({ log, metrics, published, deliver: { log, metrics, published } })
  stop()
  files.close()
  const [file = ''] = readdirSync(join(folder, 'log'))
  lines.push(...readFileSync(join(folder, 'log', file), 'utf8').split(/(?<=\n)/))
  expectShortAndSilent(lines)
  expect(lines.at(-1)).toMatch(/"Accepted":1000,.*"DeliveryLag.p95":\d/)
})

/** What no log may hold of a run. */
const secrets = {
  text: 'Vertraulich: bitte um Rückruf',
  token: 'erp-session-token',
  signature: 'c2lnbmF0dXJl',
  actor: 'anna@example.com',
  file: 'Kündigung.pdf',
}

type Home = { log: Log; metrics: Metrics; published: ReturnType<typeof createTelemetry>['published'] }

/** Each event is a webhook of its own, of a chat message of its own: nothing shares a line or a PUT. */
async function run({ log, metrics, published, deliver }: Home & { deliver: Home }): Promise<void> {
  const chat = new Map<string, ChatroomMessage>()
  const read = (id: string) => chat.get(id) ?? { message_text: 'Bitte um Rückruf', reactions: [], attachments: [] }
  const erp = {
    get: async (id: string) => ({ kind: 'answered' as const, message: read(id) }),
    put: async (id: string, data: object) => {
      chat.set(id, { ...read(id), ...data })
      return { kind: 'answered' as const, message: read(id) }
    },
  }
  // What takes time takes as long every time.
  let now = noon
  const clock = () => (now += 4)
  const delivery = await deliveryUnderTest({
    erp: withErpMetrics(erp, deliver.metrics, clock),
    clock,
    log: deliver.log,
    metrics: deliver.metrics,
  })
  const bodies: string[] = []
  const ingest = published(
    createIngest({
      sources: new Map([['generic', { name: 'generic', kind: 'generic' }]]),
      secrets: { of: async () => [secret] },
      queue: { send: async (body) => void bodies.push(body) },
      clock,
      log,
      metrics,
    }),
  )
  const handler = deliver.published(delivery.deliver)
  for (let first = 0; first < events; first += 100) {
    // Lambda gives an instance one request at a time.
    for (let index = 0; index < 100; index += 1) {
      const kinds = [
        { type: 'text.edited', text: secrets.text },
        { type: 'task.done' },
        { type: 'react', emoji: '🎉' },
        { type: 'attachment.added', attachment: { filename: secrets.file } },
      ]
      const event = { id: randomUUID(), messageId: first + index, actor: secrets.actor, ...kinds[index % 4] }
      const call = apiEvent(webhook(event, { url: `/webhooks/generic?signature=${secrets.signature}` }))
      const requestContext = { ...call.requestContext, requestId: 'JKJaXmPLvHcESHA=' }
      expect(await ingest({ ...call, requestContext })).toMatchObject({ statusCode: 202 })
    }
    while (bodies.length > 0)
      await handler({ Records: bodies.splice(0, 10).map((body, index) => record(body, `${index}`)) })
  }
}

function expectShortAndSilent(lines: string[]): void {
  const bytes = Buffer.byteLength(lines.join(''))
  console.log(`the log of ${events} events: ${Math.round(bytes / events)} bytes per event`)
  expect(bytes / events).toBeLessThan(budget)
  const all = lines.join('')
  for (const text of [...Object.values(secrets), secret, secret.slice(6), '🎉', 'authorization', '"type"', 'Bearer'])
    expect(all).not.toContain(text)
}
