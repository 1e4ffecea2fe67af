import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import pMap from 'p-map'
import { type LookupDependencies, requeueUnanswered, runLookups } from '../lookups/run.ts'
import type { Log } from '../ports/ports.ts'
import { backoff } from '../state/backoff.ts'
import { objectKey } from '../state/object/object-state.ts'
import { decode, encode, type QueueMessage, updatesMessage } from '../state/queue-message.ts'
import { type IncomingWork, type ProcessDependencies, processMessage } from './process-message.ts'
import { type IncomingObjectWork, processObject } from './process-object.ts'

/**
 * How many chat messages of one batch are brought up to date at once; the others are folded first and left to attempts of
 * their own, so that a batch ends before its records come again.
 */
const concurrency = 25
/** A queue message of more chat messages and objects than this is taken apart, so that folding one takes no longer than a batch may. */
const most = 100
/** How often a record that fails is tried: with pauses that grow to 15 min, for over a week. */
const mostFailures = 2_000
/** ms that look-ups may take before attempts are left to the queue: a batch has to end before its records come again. */
const patience = 5_000

/** `lookUps` is absent where no source asks anything. */
export type DeliverDependencies = ProcessDependencies & Pick<LookupDependencies, 'lookUps'>

/**
 * The deliver handler: looks up what a batch's events leave open, folds its updates into the message states, by way of their
 * objects where they name those, and makes attempts. A record that can't be read goes to the dead letters. One whose chat
 * messages could not be settled is sent again with a delay, alone, which no receive count ends; of one that is settled, what
 * could not be looked up. Only where even that fails is it reported as failed, for the queue to bring it back.
 */
export function createDeliver(dependencies: DeliverDependencies): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const { queue, deadLetters, log, random, clock } = dependencies

  /** Sends a record again later. */
  async function requeue(message: QueueMessage): Promise<void> {
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
        const parts = splitMessage(decoded.message)
        if (parts.length === 1) messages.set(record, decoded.message)
        else await pMap(parts, (part) => queue.send(encode(part)), { concurrency })
      } catch {
        failed.add(record)
      }
    }

    const unsettled = new Set<string>()
    const collectFailures = async (records: string[], fields: Parameters<Log>[1], settling: () => Promise<void>) => {
      try {
        await settling()
      } catch (error) {
        log('failed', { ...fields, error: error instanceof Error ? error.name : 'unknown' })
        for (const record of records) unsettled.add(record)
      }
    }
    const startedAt = clock()
    const lookedUp = await runLookups(messages, dependencies)
    const isInTime = clock() - startedAt < patience
    const known = new Map(messages)
    for (const [record, { message }] of lookedUp) known.set(record, message)
    const arrived = byChatMessage(known)
    const settleOneObject = ({ records, ...came }: ArrivedObject) =>
      collectFailures(records, { source: came.source }, async () => {
        for (const update of await processObject(came, dependencies)) {
          const to = of(arrived, update.messageId)
          to.records.push(...records)
          to.updates.push(update)
          for (const trace of came.traces) to.traces.add(trace)
        }
      })
    await pMap(byObject(known).values(), settleOneObject, { concurrency })
    const settleOne = ([messageId, { records, ...came }]: [string, Arrived], attemptNow: boolean) =>
      collectFailures(records, { messageId }, () => processMessage(messageId, came, dependencies, { attemptNow }))
    const all = [...arrived]
    await pMap(all.slice(concurrency), (one) => settleOne(one, false), { concurrency })
    await pMap(all.slice(0, concurrency), (one) => settleOne(one, isInTime), { concurrency })
    for (const record of unsettled) {
      await requeue(messages.get(record) as QueueMessage).catch(() => failed.add(record))
    }
    for (const [record, left] of lookedUp) {
      // What is sent again whole looks everything up again.
      if (!unsettled.has(record)) await requeueUnanswered(left, dependencies).catch(() => failed.add(record))
    }
    // Lambda takes a failure without a record's id for none: then the whole batch has to come again.
    if (failed.has('')) throw new Error('a record without an id failed')
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) }
  }
}

/** What came for one chat message or object, and the records that it came in. */
type Arrived = IncomingWork & { records: string[] }
type ArrivedObject = IncomingObjectWork & { records: string[] }

function byChatMessage(messages: ReadonlyMap<string, QueueMessage>): Map<string, Arrived> {
  const arrivals = new Map<string, Arrived>()
  for (const [record, message] of messages) {
    for (const item of message.kind === 'updates' ? message.updates : [message]) {
      const arrived = of(arrivals, item.messageId)
      arrived.records.push(record)
      if ('trace' in message && message.trace !== undefined) arrived.traces.add(message.trace)
      if ('change' in item) arrived.updates.push(item)
      else arrived.attempts.push(item.at)
    }
  }
  return arrivals
}

function of(arrivals: Map<string, Arrived>, messageId: string): Arrived {
  const known = arrivals.get(messageId) ?? { updates: [], attempts: [], traces: new Set(), records: [] }
  arrivals.set(messageId, known)
  return known
}

function byObject(messages: ReadonlyMap<string, QueueMessage>): Map<string, ArrivedObject> {
  const arrivals = new Map<string, ArrivedObject>()
  for (const [record, message] of messages) {
    if (message.kind !== 'updates') continue
    for (const item of [...message.objectUpdates, ...message.links]) {
      const { source, object } = item
      const key = objectKey(item)
      const known = arrivals.get(key) ?? { source, object, updates: [], links: [], traces: new Set(), records: [] }
      arrivals.set(key, known)
      known.records.push(record)
      if (message.trace !== undefined) known.traces.add(message.trace)
      if ('change' in item) known.updates.push(item)
      else known.links.push(item)
    }
  }
  return arrivals
}

/** A queue message as several, none of which names more than `most` chat messages and objects. */
function splitMessage(message: QueueMessage): QueueMessage[] {
  if (message.kind !== 'updates') return [message]
  const { updates, objectUpdates, links, lookUps = [] } = message
  const ofObjects = [...objectUpdates, ...links, ...lookUps]
  const names = [...updates.map(({ messageId }) => messageId), ...ofObjects.map(objectKey)]
  const part = new Map([...new Set(names)].map((name, index) => [name, Math.floor(index / most)]))
  if (part.size <= most) return [message]
  return Array.from({ length: Math.ceil(part.size / most) }, (_, index) =>
    updatesMessage(
      {
        updates: updates.filter(({ messageId }) => part.get(messageId) === index),
        objectUpdates: objectUpdates.filter((update) => part.get(objectKey(update)) === index),
        links: links.filter((link) => part.get(objectKey(link)) === index),
        lookUps: lookUps.filter((one) => part.get(objectKey(one)) === index),
      },
      message,
    ),
  )
}
