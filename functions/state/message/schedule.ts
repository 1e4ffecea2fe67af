import type { SavedState } from '../stored-state.ts'
import { isDue, type MessageState, parkedWrites, prune, restartAge } from './message-state.ts'

/** An attempt that was on the queue and isn't known any more is taken for lost after this long. */
const scheduledIsLost = 60_000

/** What is to be done for a chat message now: nothing, something at a later time (epoch ms), or an attempt. */
export type Step = { kind: 'nothing' } | { kind: 'later'; at: number } | { kind: 'attempt' }

/**
 * Decides what is to be done now (epoch ms). A lease in the state is somebody's who lives.
 * @param spacing ms between two PUTs, so that a burst becomes few of them
 */
export function nextStep(state: MessageState, now: number, spacing: number): Step {
  if (!isDue(state)) return { kind: 'nothing' }
  const at = Math.max(state.lease?.until ?? 0, state.nextAttemptAt ?? 0, (state.lastPutAt ?? -spacing) + spacing)
  return at > now ? { kind: 'later', at } : { kind: 'attempt' }
}

/**
 * Ends a wait that was no failure when its reason is over, or something new may end it: then an attempt may come at once. What
 * waited for the end of a dry run was not tried, so its age begins anew.
 * @param options.isNews whether updates came, or somebody asks to look again
 */
export function endWait(
  state: MessageState,
  { isNews, isDry, isBlind }: { isNews: boolean; isDry: boolean; isBlind: boolean },
): MessageState {
  const isOver = state.waits === 'dry run' ? !isDry : !isBlind
  if (!state.waits || !(isNews || isOver)) return state
  const { waits, nextAttemptAt: _, ...awoken } = state
  return waits === 'dry run' && isOver ? restartAge(awoken) : awoken
}

/** Whether an attempt must be put on the queue for `at`, or the one that stands there is early enough. */
export function needsScheduling(state: MessageState, at: number, now: number): boolean {
  const { scheduledAt } = state
  return scheduledAt === undefined || scheduledAt > at || scheduledAt < now - scheduledIsLost
}

/**
 * A state as it is saved, with what the indexes hold of it: from when on a sweep may take the chat message for forgotten,
 * while something is due, and since when something of it is parked. Times are epoch ms.
 */
export function toRecord(state: MessageState, now: number): SavedState {
  const sweepAt = isDue(state) ? Math.max(state.nextAttemptAt ?? now, state.lease?.until ?? 0) : undefined
  const parked = parkedWrites(state).map(({ write }) => write.parked.at)
  const parkedAt = parked.length > 0 ? Math.min(...parked) : undefined
  return { body: JSON.stringify(prune(state, now)), sweepAt, parkedAt }
}
