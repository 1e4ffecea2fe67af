import { randomUUID } from 'node:crypto'
import { type AttemptDependencies, type AttemptResult, attempt, withResult } from './attempt.ts'
import { doubt, dueRegisters, emptyState, foldWithin, isDue, MessageState, tidy } from './core/message-state.ts'
import type { Log, MessageStates, Queue, StoredState } from './core/ports.ts'
import { attemptMessage, encode, type QueuedUpdate } from './core/queue-message.ts'
import { needsScheduling, nextStep, sweepAt } from './core/schedule.ts'

/** What came for one chat message: updates, and attempts by their `at`. */
export type Arrivals = { updates: QueuedUpdate[]; attempts: (number | undefined)[] }

export type SettleDependencies = AttemptDependencies & {
  states: MessageStates
  queue: Pick<Queue, 'send'>
  deadLetters: Pick<Queue, 'send'>
  log: Log
  /** Names this running instance, so that others can tell whether the holder of a lease still lives. */
  instance: string
  /** Whether an instance is known to be dead. */
  isGone: (instance: string) => boolean
  /** ms; at least as long as an attempt can take. */
  leaseFor: number
}

/** Rounds in one lease: wishes that came while an attempt ran are brought up to date at once, but not for ever. */
const rounds = 3
/** A delayed attempt must not overtake the save that knows it. */
const soonest = 1_000

/**
 * Folds what came into the chat message's state and, where something is due and nobody else is at it, makes an attempt.
 * When it resolves, everything that came is saved, and whatever remains to do has an attempt on the queue.
 */
export async function settle(messageId: string, arrivals: Arrivals, dependencies: SettleDependencies): Promise<void> {
  const { states, clock, deadLetters, instance, isGone, leaseFor } = dependencies
  const lease = `${instance}/${randomUUID()}`
  for (;;) {
    const stored = await states.load(messageId)
    const before = stored ? read(stored) : emptyState()
    const expected = before.scheduledAt !== undefined && arrivals.attempts.includes(before.scheduledAt)
    if (arrivals.updates.length === 0 && !expected && !arrivals.attempts.includes(undefined)) return
    const now = clock()
    const folded = foldWithin(before, arrivals.updates)
    const arrived = expected ? without(folded.state, 'scheduledAt') : folded.state
    const step = nextStep(arrived, now, (holder) => isGone(holder.split('/')[0] as string))

    let state = arrived
    if (step.kind === 'nothing') state = rested(arrived)
    else if (step.kind === 'later') state = await scheduled(messageId, arrived, step.at, dependencies)
    else {
      // A lease that nobody gave back is a crash: a PUT may be on its way, so nobody knows what the ERP shows.
      const known = arrived.lease
        ? doubt(
            arrived,
            dueRegisters(arrived).map(({ key }) => key),
          )
        : arrived
      state = { ...known, lease: { holder: lease, until: now + leaseFor } }
    }
    const version = await save(messageId, state, stored, dependencies)
    if (version === undefined) continue
    for (const { position, ...update } of folded.full) {
      const body = encode({ version: 1, kind: 'updates', updates: [{ ...update, position }] })
      await deadLetters.send(body, { reason: 'full' })
    }
    if (step.kind === 'attempt') await attemptUnderLease(messageId, lease, state, version, dependencies)
    return
  }
}

/** Makes attempts while the lease is ours and something is due. */
async function attemptUnderLease(
  messageId: string,
  holder: string,
  leased: MessageState,
  leasedVersion: number,
  dependencies: SettleDependencies,
): Promise<void> {
  const { states, clock, leaseFor, log } = dependencies
  let state = leased
  let version = leasedVersion
  for (let round = 1; ; round += 1) {
    const startedAt = clock()
    const result = await attempt(messageId, state, dependencies)
    const { outcome, puts } = result
    log('attempt', { messageId, outcome, puts, ms: clock() - startedAt })
    let latest: StoredState | undefined = { body: '', version }
    for (;;) {
      const isOurs = state.lease?.holder === holder
      const found = withResult(state, result)
      const goesOn = isOurs && result.retryAt === undefined && isDue(found) && round < rounds
      const next = goesOn
        ? { ...found, lease: { holder, until: clock() + leaseFor } }
        : await released(messageId, found, { isOurs, result, dependencies })
      const saved = await save(messageId, next, latest, dependencies)
      if (saved !== undefined) {
        if (!goesOn) return
        state = next
        version = saved
        break
      }
      // New wishes came, or somebody took over a lease that had ended: what was found out holds all the same.
      latest = await states.load(messageId)
      state = latest ? read(latest) : emptyState()
    }
  }
}

/** The state as it is left after an attempt: the lease given back if it is still ours, and what remains scheduled. */
async function released(
  messageId: string,
  found: MessageState,
  { isOurs, result, dependencies }: { isOurs: boolean; result: AttemptResult; dependencies: SettleDependencies },
): Promise<MessageState> {
  const state = isOurs ? without(found, 'lease') : found
  if (!isDue(state)) return isOurs ? rested(state) : state
  const at = Math.max(result.retryAt ?? 0, state.lease?.until ?? 0)
  return scheduled(messageId, state, at, dependencies)
}

/** Sees to it that an attempt comes at `at` (epoch ms): enqueued first, so that a crash before the save leaves one too many. */
async function scheduled(
  messageId: string,
  state: MessageState,
  at: number,
  { clock, queue }: SettleDependencies,
): Promise<MessageState> {
  const now = clock()
  const time = Math.max(at, now + soonest)
  if (!needsScheduling(state, time, now)) return state
  await queue.send(encode(attemptMessage(messageId, time)), { delay: time - now })
  return { ...state, scheduledAt: time }
}

/** Nothing is due: no attempt is waited for, and one that comes all the same is dropped. */
function rested(state: MessageState): MessageState {
  return { ...without(without(without(state, 'scheduledAt'), 'nextAttemptAt'), 'lease'), attempts: 0 }
}

/** @returns the record's version; undefined when somebody else saved since it was loaded */
async function save(
  messageId: string,
  state: MessageState,
  loaded: StoredState | undefined,
  { states, clock }: SettleDependencies,
): Promise<number | undefined> {
  const now = clock()
  const body = JSON.stringify(tidy(state, now))
  if (body === loaded?.body) return loaded.version
  return states.save(messageId, { body, sweepAt: sweepAt(state, now) }, loaded?.version)
}

function read({ body }: StoredState): MessageState {
  return MessageState.parse(JSON.parse(body))
}

function without<Key extends 'lease' | 'nextAttemptAt' | 'scheduledAt'>(state: MessageState, key: Key): MessageState {
  const { [key]: _, ...rest } = state
  return rest as MessageState
}
