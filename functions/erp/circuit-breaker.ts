import type { Clock } from '../ports/ports.ts'
import type { Erp } from './client.ts'

/** Failures in a row after which the ERP counts as dead. */
const patience = 5
/** Why a call was not made. */
export const countsAsDead = 'the ERP does not answer'
/** ms between two calls to an ERP that counts as dead. */
const probeEvery = 5_000

/**
 * Stops calling a dead ERP: what would be asked fails at once, and every five seconds one call is let through to see whether
 * it is back.
 */
export function withBreaker(erp: Erp, clock: Clock): Erp {
  let failures = 0
  let probedAt = 0
  const note = <Outcome extends { kind: string }>(outcome: Outcome): Outcome => {
    const isAlive = outcome.kind === 'answered' || outcome.kind === 'refused'
    failures = isAlive ? 0 : failures + 1
    return outcome
  }
  const isLeftAlone = () => {
    const now = clock()
    if (failures >= patience && now - probedAt < probeEvery) return true
    probedAt = now
    return false
  }
  const skipped = { kind: 'unreachable', reason: countsAsDead, skipped: true } as const
  return {
    get: async (messageId) => (isLeftAlone() ? skipped : note(await erp.get(messageId))),
    // Where GET is refused, attempts begin with this.
    put: async (messageId, data) => (isLeftAlone() ? skipped : note(await erp.put(messageId, data))),
  }
}
