import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import pMap from 'p-map'
import { decode } from './core/queue-message.ts'
import { type Arrivals, type SettleDependencies, settle } from './settle.ts'

/**
 * How many chat messages of one batch are brought up to date at once; the others are folded first and left to attempts of
 * their own, so that a request that names thousands ends before its records come again.
 */
const sideBySide = 25

/**
 * The deliver handler: folds a batch's updates into the message states and makes attempts. A record that can't be read goes
 * to the dead letters; one whose chat message could not be settled is reported as failed, alone, and the queue sends it again.
 */
export function createDeliver(dependencies: SettleDependencies): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { deadLetters, log } = dependencies
  return async ({ Records }) => {
    const failed = new Set<string>()
    const arrivals = new Map<string, Arrivals & { records: string[] }>()
    for (const { messageId: record = '', body } of Records) {
      const decoded = decode(body)
      if ('unreadable' in decoded) {
        log('unreadable', { record, reason: decoded.unreadable })
        await deadLetters.send(body, { reason: decoded.unreadable }).catch(() => failed.add(record))
        continue
      }
      const { message } = decoded
      for (const item of message.kind === 'updates' ? message.updates : [message]) {
        const { messageId } = item
        const known = arrivals.get(messageId) ?? { updates: [], attempts: [], records: [] }
        arrivals.set(messageId, known)
        known.records.push(record)
        if ('change' in item) known.updates.push(item)
        else known.attempts.push(item.at)
      }
    }
    const settleOne = async (
      [messageId, { records, ...came }]: readonly [string, Arrivals & { records: string[] }],
      attemptNow: boolean,
    ) => {
      try {
        await settle(messageId, came, dependencies, { attemptNow })
      } catch (error) {
        log('failed', { messageId, error: error instanceof Error ? error.name : 'unknown' })
        for (const record of records) failed.add(record)
      }
    }
    const all = [...arrivals]
    const concurrency = sideBySide
    await pMap(all.slice(sideBySide), (one) => settleOne(one, false), { concurrency })
    await pMap(all.slice(0, sideBySide), (one) => settleOne(one, true), { concurrency })
    // Lambda takes a failure without a record's id for none: then the whole batch has to come again.
    if (failed.has('')) throw new Error('a record without an id failed')
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}
