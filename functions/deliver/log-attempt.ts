import type { Metrics } from '../ports/ports.ts'
import { attemptEffects } from '../state/message/attempt-effects.ts'
import { dueRegisters, type MessageState } from '../state/message/message-state.ts'
import type { QueuedUpdate } from '../state/queue-message.ts'
import { type AttemptDependencies, type AttemptResult, withResult } from './attempt.ts'

type Told = Pick<AttemptDependencies, 'log' | 'clock' | 'maxAge'> & { metrics?: Metrics }

/** What came for a chat message, as far as it is told: event ids, and the webhook requests that they are from. */
type Came = { updates: readonly QueuedUpdate[]; traces: ReadonlySet<string> }

/** Tells what was folded, in a line of its own where no attempt follows at once that has one. */
export function logMerge(
  messageId: string,
  { updates, traces }: Came,
  fold: { before: MessageState; state: MessageState; full: readonly QueuedUpdate[]; stale: number; isLeasing: boolean },
  { log, metrics = () => {} }: Told,
): void {
  if (fold.stale > 0) log('stale', { messageId, updates: fold.stale })
  if (updates.length === 0) return
  for (const { eventId: id, source } of fold.full) {
    log('parked', { messageId, id, source, reason: 'full' })
    metrics('Parked', 1, 'full')
  }
  const folded = updates.length - fold.full.length
  metrics('Folded', folded)
  metrics('PutsSaved', folded + dueRegisters(fold.before).length - dueRegisters(fold.state).length)
  if (fold.isLeasing) return
  const isWaiting = dueRegisters(fold.state).length > 0
  log('folded', { messageId, traces: [...traces], next: isWaiting ? instant(fold.state.scheduledAt) : undefined })
}

/**
 * Tells what an attempt did: a line with the webhook requests that came with it, and the ids of events that came earlier and
 * are fulfilled by it; and a line for each wish that it parked.
 */
export function logAttempt(
  messageId: string,
  { updates, traces }: Came,
  { state, result, startedAt }: { state: MessageState; result: AttemptResult; startedAt: number },
  dependencies: Told,
): void {
  const { log, metrics = () => {}, clock } = dependencies
  const now = clock()
  const { fulfilled, parked } = attemptEffects(state, withResult(state, result, now, dependencies), startedAt)
  const { outcome, puts, retryAt } = result
  const came = new Set(updates.map(({ eventId }) => eventId))
  const earlier = fulfilled.map(({ eventId }) => eventId).filter((eventId) => !came.has(eventId))
  log('attempt', {
    messageId,
    outcome,
    puts: puts || undefined,
    ms: now - startedAt,
    traces: traces.size > 0 ? [...traces] : undefined,
    ids: earlier.length > 0 ? earlier : undefined,
    next: instant(retryAt),
  })
  metrics('Attempts', 1)
  metrics('PutsSent', puts)
  metrics('PutsSaved', Math.max(0, fulfilled.length - puts))
  for (const { since } of fulfilled) metrics('DeliveryLag', Math.max(0, now - since))
  for (const { write } of parked) {
    const { reason, status } = write.parked
    log('parked', { messageId, id: write.eventId, source: write.source, reason, status })
    if (reason !== 'dropped') metrics('Parked', 1, reason)
  }
}

function instant(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}
