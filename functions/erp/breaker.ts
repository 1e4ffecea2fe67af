import type { Clock } from '../core/ports.ts'
import type { Erp } from './client.ts'

/** Failures in a row after which the ERP counts as dead. */
const patience = 5
/** Why a call was not made. */
export const countsAsDead = 'the ERP does not answer'
/** ms between two calls to an ERP that counts as dead. */
const probeEvery = 5_000

/**
 * Stops calling a dead ERP: what would be asked fails at once, and every five seconds one call is let through to see whether
 * it is back. Attempts begin with a GET, so that is where it stands.
 */
export function withBreaker(erp: Erp, clock: Clock): Erp {
  let failures = 0
  let probedAt = 0
  const note = <Outcome extends { kind: string }>(outcome: Outcome): Outcome => {
    const isAlive = outcome.kind === 'answered' || outcome.kind === 'refused'
    failures = isAlive ? 0 : failures + 1
    return outcome
  }
  return {
    async get(messageId) {
      const now = clock()
      if (failures >= patience && now - probedAt < probeEvery) {
        return { kind: 'unreachable', reason: countsAsDead, unasked: true }
      }
      probedAt = now
      return note(await erp.get(messageId))
    },
    put: async (messageId, data) => note(await erp.put(messageId, data)),
  }
}
