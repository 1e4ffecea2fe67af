import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDeliver } from '../functions/deliver/deliver.ts'
import { createErp } from '../functions/erp/client.ts'
import { fixedSession } from '../functions/erp/fixed-session.ts'
import { createIngest } from '../functions/ingest/ingest.ts'
import { receive, toQueueMessage } from '../functions/receive/receive.ts'
import { emptyState, mergeUpdates } from '../functions/state/message/message-state.ts'
import { encode, type QueuedUpdate } from '../functions/state/queue-message.ts'
import { openWebhookServer } from '../local/server/http-server.ts'
import { startWorker } from '../local/server/queue-consumer.ts'
import { startSimulatedErp } from '../local/simulated-erp/server.ts'
import { openDatabase } from '../local/storage/database.ts'
import { createSqliteQueue } from '../local/storage/queue.ts'
import { createSqliteMessageStates } from '../local/storage/states.ts'
import { rate, ratio, runs } from './rate.ts'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const log = () => {}
const sources = new Map([['generic', { name: 'generic', kind: 'generic' }]])
const secrets = { of: async () => [secret] }

const folder = mkdtempSync(join(tmpdir(), 'chatroom-bridge-bench-'))
const database = openDatabase(folder)
const queue = createSqliteQueue(database, { name: 'events', clock: Date.now, receiver: 'bench', deadLetters: 'dead' })
const deadLetters = createSqliteQueue(database, { name: 'dead', clock: Date.now, receiver: 'bench' })
const empty = () => database.sqlite.exec('DELETE FROM messages')

const event = JSON.stringify({
  id: 'evt_1',
  type: 'task.done',
  messageId: 42,
  occurredAt: '2026-11-22T11:00:00Z',
  actor: 'anna',
})
const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
const request = { method: 'POST', url: '/webhooks/generic', headers, body: Buffer.from(event) }

console.log(`Node ${process.version}; median of ${runs} runs\n`)

// One object, as a home has it: its options are read once.
const settings = { name: 'generic', kind: 'generic' }
const received = await rate('receive: authenticate, parse, interpret one webhook', 20_000, async () => {
  for (let index = 0; index < 20_000; index += 1)
    await receive(request, settings, { secrets: [secret], now: new Date() })
})
const parsed = await rate('  compared with: JSON.parse of the same body', 200_000, () => {
  for (let index = 0; index < 200_000; index += 1) JSON.parse(request.body.toString())
})
ratio('  receive / JSON.parse', received, parsed)

const now = new Date()
const body = encode(toQueueMessage(await receive(request, settings, { secrets: [secret], now }), settings, { now }))
const together = await rate('queue: durable sends, 100 at a time', 20_000, async () => {
  for (let index = 0; index < 200; index += 1) await Promise.all(Array.from({ length: 100 }, () => queue.send(body)))
  empty()
})
const alone = await rate('  compared with: one commit each', 2_000, async () => {
  for (let index = 0; index < 2_000; index += 1) await queue.send(body)
  empty()
})
ratio('  together / alone', together, alone)

const update: QueuedUpdate = {
  messageId: '42',
  eventId: 'e',
  source: 'generic',
  receivedAt: '2026-11-22T12:00:00.000Z',
  position: 0,
  change: { kind: 'completed', value: true },
}
await rate('fold: updates into one chat message', 20_000, () => {
  let state = emptyState()
  for (let index = 0; index < 20_000; index += 1)
    state = mergeUpdates(state, [{ ...update, eventId: `e${index % 1000}`, occurredAt: new Date(index).toISOString() }])
})

async function posting(url: string, count: number, connections: number): Promise<void> {
  let left = count
  const one = async () => {
    while (left-- > 0) await (await fetch(url, { method: 'POST', headers, body: event })).text()
  }
  await Promise.all(Array.from({ length: connections }, one))
}
const ingest = createIngest({ sources, secrets, queue, clock: Date.now, log })
const door = await openWebhookServer({ ingest, host: '127.0.0.1', port: 0, limit: 1024 * 1024 })
const acknowledged = await rate('front door: webhooks acknowledged durably, 32 connections', 4_000, async () => {
  await posting(`${door.url}/webhooks/generic`, 4_000, 32)
  empty()
})
const bare = createServer((incoming, response) => incoming.resume().on('end', () => response.end('{}')))
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve))
const nothing = await rate('  compared with: a bare Node server that does nothing', 4_000, () =>
  posting(`http://127.0.0.1:${(bare.address() as AddressInfo).port}`, 4_000, 32),
)
ratio('  front door / bare server', acknowledged, nothing)

const messages = Array.from({ length: 500 }, (_, id) => ({
  id,
  message_text: '',
  attachments: [],
  reactions: [],
  completed: false,
}))
const erp = await startSimulatedErp({ messages, token: 'token' })
const states = createSqliteMessageStates(database)
const deliver = createDeliver({
  erp: createErp({ baseUrl: erp.url, session: fixedSession('token'), clock: Date.now }),
  states,
  queue,
  deadLetters,
  clock: Date.now,
  log,
  instance: 'bench',
  isDead: () => false,
  leaseFor: 90_000,
  random: Math.random,
  lostAnswerWait: 60_000,
  spacing: 0,
  maxAge: 7 * 24 * 3600_000,
  host: { putClears: false },
})
let round = 0
await rate('deliver: chat messages from queue to ERP, 500 different ones', 500, async () => {
  round += 1
  const change = { kind: 'completed', value: round % 2 === 1 } as const
  for (const { id } of messages) {
    await queue.send(
      encode({
        version: 1,
        kind: 'updates',
        updates: [
          { ...update, messageId: String(id), eventId: `r${round}`, occurredAt: new Date(round).toISOString(), change },
        ],
      }),
    )
  }
  const worker = startWorker({ queue, deliver, clock: Date.now, log, batchSize: 10, batches: 10, visibility: 90_000 })
  while (messages.some(({ id }) => erp.message(id)?.completed !== change.value))
    await new Promise((resolve) => setTimeout(resolve, 2))
  await worker.stop()
})

bare.close()
bare.closeAllConnections()
await door.stop()
await erp.stop()
database.close()
rmSync(folder, { recursive: true })
