import type { Clock, Log } from '../../functions/ports/ports.ts'
import { errorMessage } from '../error-messages.ts'
import type { Watch } from './database.ts'

/** ms between two lines that say the same. */
const sayAgainAfter = 60_000
/** How long nothing may have failed for it to be over: where room is short, small writes succeed between large ones; ms. */
const calm = 3_000

/** Says in the log that something can't be stored, why and what to do, once a minute while it lasts, and when it is over. */
export function logStorageErrors(log: Log, clock: Clock): Watch {
  let trouble: { since: number; last: number; writes: number; why: string; said: number } | undefined
  return {
    failed(error) {
      const why = errorMessage(error)
      const now = clock()
      const { since, writes, said } = trouble ?? { since: now, writes: 0, said: Number.NEGATIVE_INFINITY }
      const isSaid = trouble?.why === why && now - said < sayAgainAfter
      trouble = { since, last: now, writes: writes + 1, why, said: isSaid ? said : now }
      if (!isSaid) log('can not store', { why, writesFailed: writes + 1 })
    },
    succeeded() {
      const now = clock()
      if (!trouble || now - trouble.last < calm) return
      log('can store again', { seconds: Math.round((now - trouble.since) / 1000), writesFailed: trouble.writes })
      trouble = undefined
    },
  }
}
