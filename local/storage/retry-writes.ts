import { setTimeout as wait } from 'node:timers/promises'
import type { MessageStates } from '../../functions/ports/ports.ts'
import { isTransient } from './error-codes.ts'
import type { SqliteQueue } from './queue.ts'

/** ms between two tries. */
const tryAgainEvery = 500

/** What delivery writes to. */
type Written = { queue: SqliteQueue; deadLetters: SqliteQueue; states: MessageStates }

/**
 * The same queues and states, for whoever has something in hand that must not be lost: an answer of the ERP, a message that
 * is done with. Their writes wait while the disk is full or can't be written to, and go on as soon as it can. Who takes
 * something new is told at once, and so is who writes to a damaged file.
 * @param options.patience ms after which a write fails all the same; the longest that anything is in hand is enough
 * @param options.signal ends all waiting
 */
export function retryWrites(
  { queue, deadLetters, states }: Written,
  { patience, signal }: { patience: number; signal: AbortSignal },
): Written {
  const until = async <T>(write: () => Promise<T>): Promise<T> => {
    for (const end = performance.now() + patience; ; ) {
      try {
        return await write()
      } catch (error) {
        if (!isTransient(error) || signal.aborted || performance.now() > end) throw error
        await wait(tryAgainEvery, undefined, { signal }).catch(() => {})
      }
    }
  }
  const patientQueue = (impatient: SqliteQueue): SqliteQueue => ({
    ...impatient,
    send: (body, options) => until(() => impatient.send(body, options)),
    remove: (receipt) => until(() => impatient.remove(receipt)),
    release: (receipt, delay) => until(() => impatient.release(receipt, delay)),
  })
  return {
    queue: patientQueue(queue),
    deadLetters: patientQueue(deadLetters),
    states: { ...states, save: (messageId, record, loaded) => until(() => states.save(messageId, record, loaded)) },
  }
}
