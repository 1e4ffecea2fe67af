import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { createDynamoMessageStates, stateTable } from '../../functions/aws/dynamodb-states.ts'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import { createSecretsManagerSecrets, createSecretsManagerSession } from '../../functions/aws/webhook-secrets.ts'
import { createDeliver } from '../../functions/deliver/deliver.ts'
import { createErp } from '../../functions/erp/client.ts'
import { withErpMetrics } from '../../functions/erp/metrics.ts'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createTelemetry } from '../../functions/lambda/telemetry.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { apiEvent } from '../../test/support/api-event.ts'
import { startDynamo } from '../../test/support/dynamodb.ts'
import { startSecretsManager } from '../../test/support/secrets-manager.ts'
import { startSqs } from '../../test/support/sqs.ts'
import { type Lines, listening } from './log-lines.ts'

/** One moment, so that the lines that tell how long something took are always as long. */
const clock = () => Date.parse('2026-11-22T12:00:00.000Z')

/** What one event costs in calls, counted; bytes and units are means of the events. */
export type Calls = {
  /** Requests of ingest and deliver; those of Lambda's poller come on top. */
  sqsSends: number
  readUnits: number
  writeUnits: number
  /** Calls of deliver. */
  deliveries: number
  /** Bytes that leave AWS: answers to webhooks, and requests to the ERP. */
  egressBytes: number
  ingest: Lines
  deliver: Lines
  /** Bytes of the record afterwards. */
  recordBytes: number
}

/**
 * Counts what events cost, by having the real handlers with the real AWS adapters deal with them, against local servers. Each
 * event is the third of its chat message, and each has a GET and a PUT of its own: the dearest case.
 * @param batch how many events deliver is handed at once
 */
export async function countCalls(batch: number): Promise<Calls> {
  // Each of a chat message of its own.
  const counted = Math.max(batch, 2)
  const each = (sum: number) => sum / counted
  const [sqs, dynamo, secrets] = await Promise.all([startSqs(), startDynamo(), startSecretsManager()])
  const ids = Array.from({ length: counted }, (_, index) => 100_000 + index)
  const message = { message_text: 'Bitte um Rückruf', attachments: [], reactions: [], completed: false }
  const erp = await startSimulatedErp({ messages: ids.map((id) => ({ id, ...message })), token: 'token' })
  try {
    const { url, deadLettersUrl } = await sqs.createQueues(10)
    const store = (Name: string, value: unknown) =>
      secrets.secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
    await store('webhook-secrets', { generic: [secret] })
    await store('erp-session', { token: 'token' })
    const units = countUnits(dynamo.dynamo)
    const queue = createSqsQueue({ client: sqs.sqs, url })
    const states = createDynamoMessageStates({ client: dynamo.dynamo, table: await dynamo.createTable() })
    const stored = { client: secrets.secretsManager, clock }
    const said = { ingest: createTelemetry('dev'), deliver: createTelemetry('dev') }
    const ingest = said.ingest.published(
      createIngest({
        sources: new Map([['generic', { name: 'generic', kind: 'generic' }]]),
        secrets: createSecretsManagerSecrets({ ...stored, secretId: 'webhook-secrets' }),
        queue,
        clock,
        ...said.ingest,
      }),
    )
    const deliver = said.deliver.published(
      createDeliver({
        erp: withErpMetrics(
          createErp({
            baseUrl: erp.url,
            session: createSecretsManagerSession({ ...stored, secretId: 'erp-session' }),
            clock,
          }),
          said.deliver.metrics,
          clock,
        ),
        states,
        queue,
        deadLetters: createSqsQueue({ client: sqs.sqs, url: deadLettersUrl }),
        clock,
        ...said.deliver,
        instance: crypto.randomUUID(),
        isDead: () => false,
        leaseFor: 120_000,
        random: Math.random,
        lostAnswerWait: 60_000,
        spacing: 0,
        maxAge: 7 * 24 * 3600_000,
        host: { putClears: false },
      }),
    )

    const lines = { ingest: listening(), deliver: listening() }
    let answerBytes = 0
    const receiveAll = async (event: object, second: number) => {
      for (const messageId of ids) {
        const occurredAt = new Date(clock() - 60_000 + second).toISOString()
        const body = { id: `evt_${crypto.randomUUID()}`, messageId, occurredAt, actor: 'anna', ...event }
        const answer = await lines.ingest.while(() => ingest(apiEvent(webhookOf(body))))
        if (answer.statusCode !== 202) throw new Error(`an event was answered ${answer.statusCode}`)
        answerBytes += headerBytes(answer.headers ?? {}) + Buffer.byteLength(answer.body ?? '')
      }
    }
    let deliveries = 0
    const deliverAll = async () => {
      for (let left = counted; left > 0; left -= batch) {
        const received = await queue.receive({ max: batch, visibility: 600_000 })
        const Records = received.map(({ id, body }) => ({ messageId: id, body }))
        type Event = Parameters<typeof deliver>[0]
        const { batchItemFailures } = await lines.deliver.while(() => deliver({ Records } as Event))
        if (received.length !== batch || batchItemFailures.length > 0) throw new Error('not every event was delivered')
        for (const { receipt } of received) await queue.remove(receipt)
        deliveries += 1
      }
    }

    await receiveAll({ type: 'task.done' }, 1_000)
    await deliverAll()
    await receiveAll({ type: 'task.reopened' }, 2_000)
    await deliverAll()
    const sends = () => sqs.operations.filter((operation) => operation === 'SendMessage').length
    for (const one of Object.values(lines)) one.forget()
    units.forget()
    const [sent, asked] = [sends(), erp.requests.length]
    answerBytes = 0
    deliveries = 0
    await receiveAll({ type: 'reaction.added', emoji: '👍' }, 3_000)
    await deliverAll()
    const toErp = erp.requests.slice(asked)
    if (toErp.length !== 2 * counted) throw new Error(`${counted} events made ${toErp.length} requests to the ERP`)
    const erpBytes = toErp.reduce(
      (sum, { url, headers, body }) => sum + url.length + headerBytes(headers) + body.length,
      0,
    )
    const used = { readUnits: each(units.read()), writeUnits: each(units.written()) }
    const records = await Promise.all(ids.map((id) => states.load(String(id))))
    return {
      sqsSends: each(sends() - sent),
      ...used,
      deliveries: each(deliveries),
      egressBytes: each(answerBytes + erpBytes),
      ingest: lines.ingest.each(counted),
      deliver: lines.deliver.each(counted),
      recordBytes: each(records.reduce((sum, record) => sum + Buffer.byteLength(record?.body ?? ''), 0)),
    }
  } finally {
    await Promise.all([sqs.stop(), dynamo.stop(), secrets.stop(), erp.stop()])
  }
}

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

function webhookOf(event: object) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
  return { method: 'POST', url: '/webhooks/generic', headers, body: Buffer.from(JSON.stringify(event)) }
}

/** Names, values and what stands between, as HTTP/1.1 writes them. */
function headerBytes(headers: object): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + String(value).length + 4, 0)
}

/** Asks what each request consumes, and adds what the indexes do, which the local server doesn't tell. */
function countUnits(client: DynamoDBClient) {
  let [read, written] = [0, 0]
  const entries = new Map<string, string>()
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const isCounted = commandName === 'GetItemCommand' || commandName === 'PutItemCommand'
        const input = isCounted ? { ...args.input, ReturnConsumedCapacity: 'TOTAL' as const } : args.input
        const result = await next({ ...args, input } as typeof args)
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } }
        if (commandName === 'GetItemCommand') read += ConsumedCapacity?.CapacityUnits ?? 0
        if (commandName === 'PutItemCommand') {
          const { Item = {} } = args.input as { Item?: Item }
          written += (ConsumedCapacity?.CapacityUnits ?? 0) + indexUnits(Item, entries)
        }
        return result
      },
    { step: 'initialize' },
  )
  return {
    read: () => read,
    written: () => written,
    forget() {
      read = 0
      written = 0
    },
  }
}

type Item = Record<string, { S?: string; N?: string }>

/**
 * What a written item costs in the indexes: one unit for an entry that comes or goes, two for one that moves
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html, provisioned throughput considerations).
 * @param entries where each item stands in each index, which is noted here
 */
function indexUnits(item: Item, entries: Map<string, string>): number {
  const units = Object.entries(stateTable.indexes).map(([name, { partition, sort }]) => {
    const key = `${name} ${item[stateTable.key]?.S}`
    const before = entries.get(key) ?? ''
    const after = item[sort] ? `${item[partition]?.S} ${item[sort].N}` : ''
    entries.set(key, after)
    if (before === after) return 0
    return before && after ? 2 : 1
  })
  return units.reduce<number>((sum, each) => sum + each, 0)
}
