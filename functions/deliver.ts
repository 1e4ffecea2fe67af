import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import pMap from 'p-map'
import { backoff } from './core/backoff.ts'
import { decode, encode, type QueueMessage } from './core/queue-message.ts'
import { type Arrivals, type SettleDependencies, settle } from './settle.ts'

/**
 * How many chat messages of one batch are brought up to date at once; the others are folded first and left to attempts of
 * their own, so that a batch ends before its records come again.
 */
const sideBySide = 25
/** A queue message of more chat messages than this is taken apart, so that folding one takes no longer than a batch may. */
const most = 100
/** How often a record that fails is tried: with pauses that grow to 15 min, for over a week. */
const mostFailures = 1_000

/**
 * The deliver handler: folds a batch's updates into the message states and makes attempts. A record that can't be read goes
 * to the dead letters. One whose chat messages could not be settled is sent again with a delay, alone, which no receive
 * count ends; only where even that fails is it reported as failed, for the queue to bring it back.
 */
export function createDeliver(dependencies: SettleDependencies): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { queue, deadLetters, log, random } = dependencies

  /** Sends a record again later. */
  async function again(message: QueueMessage): Promise<void> {
    const failures = (message.failures ?? 0) + 1
    const body = encode({ ...message, failures })
    if (failures > mostFailures) await deadLetters.send(body, { reason: 'failed too often' })
    else await queue.send(body, { delay: 1_000 + backoff(failures, random()) })
  }

  return async ({ Records }) => {
    const failed = new Set<string>()
    const messages = new Map<string, QueueMessage>()
    for (const { messageId: record = '', body } of Records) {
      try {
        const decoded = decode(body)
        if ('unreadable' in decoded) {
          log('unreadable', { record, reason: decoded.unreadable })
          await deadLetters.send(body, { reason: decoded.unreadable })
          continue
        }
        const parts = apart(decoded.message)
        if (parts.length === 1) messages.set(record, decoded.message)
        else await pMap(parts, (part) => queue.send(encode(part)), { concurrency: sideBySide })
      } catch {
        failed.add(record)
      }
    }

    const unsettled = new Set<string>()
    const settleOne = async ([messageId, { records, ...came }]: Arrived, attemptNow: boolean) => {
      try {
        await settle(messageId, came, dependencies, { attemptNow })
      } catch (error) {
        log('failed', { messageId, error: error instanceof Error ? error.name : 'unknown' })
        for (const record of records) unsettled.add(record)
      }
    }
    const arrived = [...byChatMessage(messages)]
    const concurrency = sideBySide
    await pMap(arrived.slice(sideBySide), (one) => settleOne(one, false), { concurrency })
    await pMap(arrived.slice(0, sideBySide), (one) => settleOne(one, true), { concurrency })
    for (const record of unsettled) {
      await again(messages.get(record) as QueueMessage).catch(() => failed.add(record))
    }
    // Lambda takes a failure without a record's id for none: then the whole batch has to come again.
    if (failed.has('')) throw new Error('a record without an id failed')
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** What came for one chat message, and the records that it came in. */
type Arrived = [messageId: string, Arrivals & { records: string[] }]

function byChatMessage(messages: ReadonlyMap<string, QueueMessage>): Map<string, Arrived[1]> {
  const arrivals = new Map<string, Arrived[1]>()
  for (const [record, message] of messages) {
    for (const item of message.kind === 'updates' ? message.updates : [message]) {
      const known = arrivals.get(item.messageId) ?? { updates: [], attempts: [], records: [] }
      arrivals.set(item.messageId, known)
      known.records.push(record)
      if ('change' in item) known.updates.push(item)
      else known.attempts.push(item.at)
    }
  }
  return arrivals
}

/** A queue message as several, none of which names more than `most` chat messages. */
function apart(message: QueueMessage): QueueMessage[] {
  if (message.kind !== 'updates') return [message]
  const ids = [...new Set(message.updates.map(({ messageId }) => messageId))]
  if (ids.length <= most) return [message]
  const part = new Map(ids.map((id, index) => [id, Math.floor(index / most)]))
  return Array.from({ length: Math.ceil(ids.length / most) }, (_, index) => ({
    ...message,
    updates: message.updates.filter(({ messageId }) => part.get(messageId) === index),
  }))
}
