import pMap from 'p-map'
import type { Clock, Log, ProviderApis, Queue } from '../ports/ports.ts'
import { backoff } from '../state/backoff.ts'
import type { LookupOutcome } from '../state/lookup.ts'
import { objectKey } from '../state/object/object-state.ts'
import { encode, type QueuedLookup, type QueueMessage, updatesMessage } from '../state/queue-message.ts'
import { resolveLookup } from './plan.ts'

/** How many objects of one batch are asked about, all at once; the others come again. Asana allows 50 readers. */
const sideBySide = 25
/** ms after its event arrived that an answer may still be older than the event. */
const youngFor = 60_000
/** ms that two of a provider's clocks may differ. */
const skew = 5_000

export type LookupDependencies = {
  /** Absent where no source asks anything. */
  lookUps?: ProviderApis | undefined
  queue: Pick<Queue, 'send'>
  deadLetters: Pick<Queue, 'send'>
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  /** ms that a look-up may fail before it is a dead letter. */
  maxAge: number
  log: Log
}

type Updates = Extract<QueueMessage, { kind: 'updates' }>

/** What a record's look-ups led to: its message with their answers, and the look-ups that have none. */
export type LookupResult = { message: Updates; left: { lookUp: QueuedLookup; outcome: Unanswered }[] }
type Unanswered = Exclude<LookupOutcome, { kind: 'told' }>

/**
 * Looks up what the messages of a batch leave open, each object once.
 * @param messages by record
 */
export async function runLookups(
  messages: ReadonlyMap<string, QueueMessage>,
  { lookUps, clock, log }: LookupDependencies,
): Promise<Map<string, LookupResult>> {
  const open = [...messages].flatMap(([record, message]) =>
    message.kind === 'updates' && message.lookUps ? [{ record, message, asked: message.lookUps }] : [],
  )
  const byObject = new Map(open.flatMap(({ asked }) => asked.map((one) => [objectKey(one), one])))
  const outcomes = new Map<string, LookupOutcome>()
  const tracesOf = (key: string) =>
    open.flatMap(({ message, asked }) =>
      message.trace !== undefined && asked.some((one) => objectKey(one) === key) ? [message.trace] : [],
    )
  const ask = async ([key, { source, object }]: [string, QueuedLookup]) => {
    const startedAt = clock()
    const outcome = await outcomeOf(lookUps, source, object)
    outcomes.set(key, outcome)
    if ('skipped' in outcome) return
    const reason = 'reason' in outcome ? outcome.reason : undefined
    log('look-up', { source, object, outcome: outcome.kind, reason, ms: clock() - startedAt, traces: tracesOf(key) })
  }
  await pMap([...byObject].slice(0, sideBySide), ask, { concurrency: sideBySide })

  const now = clock()
  const lookedUp = open.map(({ record, message, asked }): [string, LookupResult] => {
    const { lookUps: _, ...rest } = message
    const left: LookupResult['left'] = []
    for (const one of asked) {
      const outcome = outcomes.get(objectKey(one)) ?? tooMany
      const settled = isOutdated(outcome, one, now) ? outdated : outcome
      if (settled.kind !== 'told') {
        left.push({ lookUp: one, outcome: settled })
        continue
      }
      const { updates, objectUpdates, links } = resolveLookup(one, settled.state, new Date(now))
      rest.updates = [...rest.updates, ...updates]
      rest.objectUpdates = [...rest.objectUpdates, ...objectUpdates]
      rest.links = [...rest.links, ...links]
    }
    return [record, { message: rest, left }]
  })
  return new Map(lookedUp)
}

/**
 * Puts what has no answer where it belongs: back on the queue, alone, where it may have one later; with the dead letters where
 * somebody has to do something first; nowhere where its object is gone. What the rate limit held back has not failed.
 */
export async function requeueUnanswered(
  { message, left }: LookupResult,
  { queue, deadLetters, clock, random, maxAge }: LookupDependencies,
): Promise<void> {
  const now = clock()
  const failed = left.some(({ outcome }) => outcome.kind === 'unreachable' && !outcome.skipped)
  const since = message.failingSince ?? new Date(now).toISOString()
  const isTooOld = failed && now - Date.parse(since) > maxAge
  const failures = (message.failures ?? 0) + 1
  const { trace } = message
  const later: QueuedLookup[] = []
  let delay = 0
  for (const { lookUp: one, outcome } of left) {
    if (outcome.kind === 'gone') continue
    if (outcome.kind === 'refused' || (isTooOld && !outcome.skipped)) {
      const reason = `look-up ${outcome.kind === 'refused' ? 'refused' : 'failed for too long'}: ${outcome.reason}`
      await deadLetters.send(encode(updatesMessage({ lookUps: [one] }, { trace })), { reason })
      continue
    }
    later.push(one)
    delay = Math.max(delay, outcome.retryAfter ?? 1_000 + backoff(failures, random()))
  }
  if (later.length === 0) return
  const failing = failed ? { trace, failures, failingSince: since } : message
  await queue.send(encode(updatesMessage({ lookUps: later }, failing)), { delay: Math.min(delay, longestDelay) })
}

/** SQS knows no longer one; ms. */
const longestDelay = 15 * 60_000

const tooMany: Unanswered = { kind: 'unreachable', reason: 'the batch asks for more', retryAfter: 1_000, skipped: true }
const outdated: Unanswered = { kind: 'unreachable', reason: 'the answer is older than the event' }

async function outcomeOf(lookUps: ProviderApis | undefined, source: string, object: string): Promise<LookupOutcome> {
  const provider = lookUps?.of(source)
  return provider
    ? provider.taskState(object)
    : { kind: 'refused', reason: 'the source asks nothing any more (option lookUps)' }
}

/** A provider may tell of a change before all its servers know it; its next answer does, and nobody may ask again later. */
function isOutdated(outcome: LookupOutcome, { occurredAt, receivedAt, modifies }: QueuedLookup, now: number): boolean {
  if (now - Date.parse(receivedAt) >= youngFor) return false
  if (outcome.kind === 'gone') return true
  if (!modifies || outcome.kind !== 'told' || outcome.state.modifiedAt === undefined) return false
  return Date.parse(outcome.state.modifiedAt) + skew < Date.parse(occurredAt)
}
