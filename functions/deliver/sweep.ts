import pMap from 'p-map'
import type { Clock, Log, MessageStates, Queue } from '../ports/ports.ts'
import { attemptMessage, encode } from '../state/queue-message.ts'

/** Whose attempt is overdue by this long (ms) has lost it. */
const patience = 60_000
/** How many attempts are sent side by side. */
const sideBySide = 20
/** Chat messages that one sweep takes; the next one takes the rest. */
const most = 1_000

/**
 * Sends an attempt for every chat message that is due and whose attempt or lease should have ended a minute ago: a signal
 * that got lost, or a crash between two steps.
 * Then what nobody waits for any longer is deleted.
 * @param options.before epoch ms; without it a minute ago. A home that starts alone takes all that is due
 * @returns how many attempts it sent
 */
export function createSweep({
  states,
  queue,
  clock,
  log,
}: {
  states: Pick<MessageStates, 'due' | 'expire'>
  queue: Pick<Queue, 'send'>
  clock: Clock
  log: Log
}): (options?: { before?: number }) => Promise<number> {
  return async ({ before = clock() - patience } = {}) => {
    const due = await states.due(before, most)
    await pMap(due, ({ messageId }) => queue.send(encode(attemptMessage(messageId))), { concurrency: sideBySide })
    await states.expire(clock())
    if (due.length > 0) log('sweep', { attempts: due.length })
    return due.length
  }
}
