import { randomUUID } from 'node:crypto'
import type { MessageStates, Metrics, Queue } from '../ports/ports.ts'
import {
  dueRegisters,
  emptyState,
  isDue,
  type MessageState,
  markUnconfirmed,
  mergeWithinLimit,
  readState,
} from '../state/message/message-state.ts'
import { endWait, needsScheduling, nextStep, toRecord } from '../state/message/schedule.ts'
import { attemptMessage, encode, type QueuedUpdate, updatesMessage } from '../state/queue-message.ts'
import type { StoredState } from '../state/stored-state.ts'
import { type AttemptDependencies, attempt, withFindings, withResult } from './attempt.ts'
import { logAttempt, logMerge } from './log-attempt.ts'

/** What came for one chat message: updates with the webhook requests that they are from, and attempts by their `at`. */
export type IncomingWork = { updates: QueuedUpdate[]; attempts: (number | undefined)[]; traces: Set<string> }

export type ProcessDependencies = AttemptDependencies & {
  states: Pick<MessageStates, 'load' | 'save'>
  queue: Pick<Queue, 'send'>
  deadLetters: Pick<Queue, 'send'>
  /** Names this running instance, so that others can tell whether the holder of a lease still lives. */
  instance: string
  /** Whether an instance is known to be dead. */
  isDead: (instance: string) => boolean
  /** ms; at least as long as an attempt can take. */
  leaseFor: number
  /** ms between two PUTs of one chat message; the search for a refused register is exempt. */
  spacing: number
  metrics?: Metrics
}

/** A delayed attempt rarely overtakes the save that knows it; ms. */
const minAttemptDelay = 100

/**
 * Folds what came into the chat message's state and, where something is due and nobody else is at it, makes an attempt.
 * When it resolves, everything that came is saved, and whatever remains to do has an attempt on the queue.
 * @param options.attemptNow false leaves the attempt to the queue
 */
export async function processMessage(
  messageId: string,
  arrivals: IncomingWork,
  dependencies: ProcessDependencies,
  { attemptNow = true } = {},
): Promise<void> {
  const { states, clock, deadLetters, instance, leaseFor, spacing, host, isDry = false } = dependencies
  const isNews = arrivals.updates.length > 0 || arrivals.attempts.includes(undefined)
  const holder = `${instance}/${randomUUID()}`
  for (;;) {
    const stored = await states.load(messageId)
    const now = clock()
    const before = recovered(stored ? await read(messageId, stored, dependencies) : emptyState(), now, dependencies)
    // An attempt for a chat message that was forgotten finds no record, and makes none.
    if (arrivals.updates.length === 0 && !(stored && isAwaited(arrivals.attempts, before))) return
    const folded = mergeWithinLimit(before, arrivals.updates)
    const hasCome = arrivals.attempts.includes(before.scheduledAt)
    const come = hasCome ? without(folded.state, 'scheduledAt') : folded.state
    const arrived = endWait(come, { isNews, isDry, isBlind: host.getDisabled === true })
    const step = nextStep(arrived, now, spacing)

    let state = arrived
    const isLeasing = step.kind === 'attempt' && attemptNow
    if (isLeasing) state = { ...arrived, lease: { holder, until: now + leaseFor } }
    else if (step.kind === 'nothing') state = idleState(arrived, now)
    else state = await scheduled(messageId, arrived, step.kind === 'later' ? step.at : now, dependencies)
    const version = await save(messageId, state, stored, dependencies)
    if (version === undefined) continue
    await sendOvertaking(messageId, arrived, state, dependencies)
    logMerge(messageId, arrivals, { ...folded, before, state, isLeasing }, dependencies)
    for (const { position, ...update } of folded.full) {
      const body = encode(updatesMessage({ updates: [{ ...update, position }] }))
      await deadLetters.send(body, { reason: 'full' })
    }
    if (isLeasing) await attemptUnderLease(messageId, holder, { state, version }, arrivals, dependencies)
    return
  }
}

/** Makes attempts while something is due, and leaves what remains at the middle of the lease to the queue. */
async function attemptUnderLease(
  messageId: string,
  holder: string,
  leased: { state: MessageState; version: number },
  arrivals: IncomingWork,
  dependencies: ProcessDependencies,
): Promise<void> {
  const { states, clock, leaseFor, spacing } = dependencies
  // A GET and a PUT that both time out, each once more with a new session token, still end within the other half.
  const deadline = clock() + leaseFor / 2
  let { state, version } = leased
  for (let news = arrivals; ; news = { ...arrivals, traces: new Set() }) {
    const startedAt = clock()
    const result = await attempt(messageId, state, deadline, dependencies)
    logAttempt(messageId, news, { state, result, startedAt }, dependencies)
    let latest: StoredState | undefined = { body: '', version }
    for (;;) {
      const isOurs = state.lease?.holder === holder
      const now = clock()
      const found = isOurs ? withResult(state, result, now, dependencies) : withFindings(state, result.findings)
      // What is due still, and may be tried at once: other registers than those that the ERP has just refused.
      const { lease: _, ...free } = found
      const goesOn = isOurs && now < deadline && nextStep(free, now, spacing).kind === 'attempt'
      const next = goesOn ? found : await released(messageId, found, { isOurs, dependencies })
      const saved = await save(messageId, next, latest, dependencies)
      if (saved !== undefined) {
        await sendOvertaking(messageId, found, next, dependencies)
        if (!goesOn) return
        state = next
        version = saved
        break
      }
      // New wishes came, or somebody took over a lease that had ended: what was found out holds all the same.
      latest = await states.load(messageId)
      // An operator had it forgotten: what was found out must not bring it back.
      if (!latest) return
      state = await read(messageId, latest, dependencies)
    }
  }
}

/** The state as it is left after an attempt: the lease given back if it is still ours, and what remains scheduled. */
async function released(
  messageId: string,
  found: MessageState,
  { isOurs, dependencies }: { isOurs: boolean; dependencies: ProcessDependencies },
): Promise<MessageState> {
  const state = isOurs ? without(found, 'lease') : found
  const now = dependencies.clock()
  if (!isDue(state)) return isOurs ? idleState(state, now) : state
  const step = nextStep(state, now, dependencies.spacing)
  return scheduled(messageId, state, step.kind === 'later' ? step.at : 0, dependencies)
}

/** Sees to it that an attempt comes at `at` (epoch ms): enqueued first, so that a crash before the save leaves one too many. */
async function scheduled(
  messageId: string,
  state: MessageState,
  at: number,
  { clock, queue }: ProcessDependencies,
): Promise<MessageState> {
  const now = clock()
  const time = Math.max(at, now + minAttemptDelay)
  if (!needsScheduling(state, time, now)) return state
  await queue.send(encode(attemptMessage(messageId, time)), { delay: time - now })
  return { ...state, scheduledAt: time }
}

/**
 * Sends an attempt again whose time came before the save that knows it was through: it may have been received meanwhile, and
 * dropped as unknown.
 */
async function sendOvertaking(
  messageId: string,
  before: MessageState,
  { scheduledAt }: MessageState,
  { clock, queue }: ProcessDependencies,
): Promise<void> {
  const isNew = scheduledAt !== undefined && scheduledAt !== before.scheduledAt
  if (isNew && scheduledAt <= clock()) await queue.send(encode(attemptMessage(messageId, scheduledAt)))
}

/**
 * The state after a crash: a lease that nobody gave back, and whose holder is dead or out of time. A PUT may have been on its
 * way, so nobody knows what the ERP shows of what was due.
 */
function recovered(state: MessageState, now: number, { isDead }: ProcessDependencies): MessageState {
  const { lease } = state
  if (!lease || (lease.until > now && !isDead(lease.holder.split('/')[0] as string))) return state
  return without(markUnconfirmed(state, dueRegisters(state)), 'lease')
}

/**
 * Whether one of these attempts is the one that was scheduled, or the sweep's. Where none is scheduled but something is due,
 * the one that was scheduled came before, and died.
 */
function isAwaited(attempts: IncomingWork['attempts'], state: MessageState): boolean {
  return (
    attempts.includes(state.scheduledAt) ||
    attempts.includes(undefined) ||
    (state.scheduledAt === undefined && isDue(state))
  )
}

/**
 * Nothing is due. The attempt that may still be on the queue stays known, so that the next burst doesn't add another; so does
 * a time that the next attempt has to wait for.
 */
function idleState(state: MessageState, now: number): MessageState {
  const isOver = state.waits !== undefined || (state.nextAttemptAt ?? 0) <= now
  return { ...(isOver ? without(without(state, 'nextAttemptAt'), 'waits') : state), attempts: 0 }
}

/** @returns the record's version; undefined when somebody else saved since it was loaded */
async function save(
  messageId: string,
  state: MessageState,
  loaded: StoredState | undefined,
  { states, clock }: ProcessDependencies,
): Promise<number | undefined> {
  const record = toRecord(state, clock())
  if (record.body === loaded?.body) return loaded.version
  return states.save(messageId, record, loaded?.version)
}

/**
 * The state of a record. A damaged one is kept as a dead letter, and the chat message begins anew; what it showed is unknown
 * then, and nothing in the ERP is touched for it.
 * @throws where a newer version of the bridge wrote it: what came is kept until that version is back
 */
async function read(
  messageId: string,
  { body }: StoredState,
  { deadLetters }: ProcessDependencies,
): Promise<MessageState> {
  const read = readState(body)
  if ('state' in read) return read.state
  if (read.unreadable === 'newer') throw new Error('a newer version of the bridge wrote this record')
  await deadLetters.send(body, { reason: `a damaged state of chat message ${messageId}` })
  return emptyState()
}

function without<Key extends 'lease' | 'nextAttemptAt' | 'scheduledAt' | 'waits'>(
  state: MessageState,
  key: Key,
): MessageState {
  const { [key]: _, ...rest } = state
  return rest as MessageState
}
