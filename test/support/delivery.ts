import type { SQSRecord } from 'aws-lambda'
import { onTestFinished } from 'vitest'
import { createDeliver, type DeliverDependencies } from '../../functions/deliver/deliver.ts'
import { createSweep } from '../../functions/deliver/sweep.ts'
import { createErp } from '../../functions/erp/client.ts'
import { fixedSession } from '../../functions/erp/fixed-session.ts'
import type { Clock, MessageStates, ProviderApis, Queue } from '../../functions/ports/ports.ts'
import { emptyState, MessageState } from '../../functions/state/message/message-state.ts'
import { encode, type QueuedUpdate, type QueueMessage } from '../../functions/state/queue-message.ts'
import { type Behaviour, type SimulatedMessage, startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { openDatabase } from '../../local/storage/database.ts'
import { createSqliteQueue } from '../../local/storage/queue.ts'
import { createSqliteMessageStates } from '../../local/storage/states.ts'
import { stoppedClock } from './clock.ts'
import { temporaryFolder } from './folder.ts'

export function chatMessage(given: Partial<SimulatedMessage> = {}): SimulatedMessage {
  return { id: 42, message_text: 'Bitte um Rückruf', attachments: [], reactions: [], completed: false, ...given }
}

/** An SQS record around a body. */
export function record(body: string, messageId = 'record'): SQSRecord {
  return {
    messageId,
    receiptHandle: messageId,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:events',
    awsRegion: 'eu-central-1',
  }
}

export type Delivery = Awaited<ReturnType<typeof deliveryUnderTest>>

/** Everything from the queue to a simulated ERP, for real, with a clock that the test moves. */
export async function deliveryUnderTest({
  messages = [chatMessage()],
  behaviour = {},
  timeout = 2_000,
  adapters,
  providers,
  ...given
}: {
  messages?: SimulatedMessage[]
  behaviour?: Behaviour
  timeout?: number
  /** Those of another home, on the clock that they are given. */
  adapters?: (clock: Clock) => { queue: Queue; deadLetters: Queue; states: MessageStates }
  /** The providers that are asked, on the clock that they are given. */
  providers?: (clock: Clock) => ProviderApis
} & Partial<DeliverDependencies> = {}) {
  const { now: clock, advance } = stoppedClock()
  const erp = await startSimulatedErp({ messages, token: 'token', ...behaviour })
  const database = openDatabase(temporaryFolder())
  const queues = { clock, receiver: 'test' }
  const { queue, deadLetters, states } = adapters?.(clock) ?? {
    queue: createSqliteQueue(database, { ...queues, name: 'events', deadLetters: 'dead letters' }),
    deadLetters: createSqliteQueue(database, { ...queues, name: 'dead letters' }),
    states: createSqliteMessageStates(database),
  }
  onTestFinished(async () => {
    await erp.stop()
    database.close()
  })
  const dependencies: DeliverDependencies = {
    lookUps: providers?.(clock),
    erp: createErp({ baseUrl: erp.url, session: fixedSession('token'), timeout, clock }),
    states,
    queue,
    deadLetters,
    clock,
    log: () => {},
    instance: 'test',
    isDead: () => false,
    leaseFor: 90_000,
    random: () => 0.5,
    lostAnswerWait: 60_000,
    // Spacing has tests of its own; elsewhere a stopped clock would stop everything.
    spacing: 0,
    maxAge: 7 * 24 * 3600_000,
    host: { putClears: false },
    ...given,
  }
  const deliver = createDeliver(dependencies)

  const delivery = {
    erp,
    queue,
    deadLetters,
    states,
    dependencies,
    deliver,
    clock,
    sweep: createSweep({ states, queue, clock, log: () => {} }),
    pass: advance,
    /** Puts updates on the queue as one webhook request does. */
    async accept(...updates: QueuedUpdate[]): Promise<void> {
      await queue.send(encode({ version: 1, kind: 'updates', updates }))
    },
    /** Delivers everything that can be received now. @returns the queue messages that were */
    async run(): Promise<QueueMessage[]> {
      const delivered: QueueMessage[] = []
      for (;;) {
        const batch = await queue.receive({ max: 10, visibility: 90_000 })
        if (batch.length === 0) return delivered
        const { batchItemFailures } = await deliver({ Records: batch.map(({ body, id }) => record(body, id)) })
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
        for (const { id, receipt, body } of batch) {
          if (failed.has(id)) continue
          delivered.push(JSON.parse(body))
          await queue.remove(receipt)
        }
      }
    },
    async state(messageId = '42'): Promise<MessageState> {
      const stored = await states.load(messageId)
      return stored ? MessageState.parse(JSON.parse(stored.body)) : emptyState()
    },
    /** The bodies of the PUTs that the ERP got. */
    puts(): unknown[] {
      return erp.requests.filter(({ method }) => method === 'PUT').map(({ body }) => JSON.parse(body).data)
    },
    /** The emojis that the ERP's chat message 42 shows, sorted. */
    emojis(): string[] {
      return (erp.message(42)?.reactions ?? []).map(({ emoji }) => emoji).sort()
    },
    gets(): number {
      return erp.requests.filter(({ method }) => method === 'GET').length
    },
  }
  return delivery
}
