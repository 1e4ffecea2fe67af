import type { DimensionOf } from '../ports/metrics.ts'
import type { Clock, Metrics } from '../ports/ports.ts'
import type { Login, VerifySession } from '../secrets/session.ts'
import type { GetOutcome, PutOutcome } from '../state/erp/outcome.ts'
import { countsAsDead } from './circuit-breaker.ts'
import type { Erp } from './client.ts'

/** How many different chat messages the ERP may refuse in a row before that says something of the ERP. */
const refusedByChance = 4

/**
 * Measures each call of an ERP, and how it answered; counts those that a breaker around it did not make, and refusals of so
 * many chat messages in a row that a wrong base path looks like that.
 */
export function withErpMetrics(erp: Erp, metrics: Metrics, clock: Clock): Erp {
  const refusedInARow = new Set<string>()

  async function call<Outcome extends GetOutcome | PutOutcome>(calling: () => Promise<Outcome>): Promise<Outcome> {
    const begin = clock()
    const outcome = await calling()
    if (outcome.kind === 'unreachable' && outcome.reason === countsAsDead) {
      metrics('BreakerOpen', 1)
      return outcome
    }
    metrics('ErpLatency', clock() - begin)
    if (outcome.kind !== 'answered') metrics('ErpFailures', 1, ...answerOf(outcome))
    return outcome
  }

  function countRefusal(messageId: string, { kind }: GetOutcome | PutOutcome): void {
    if (kind !== 'refused') return
    refusedInARow.add(messageId)
    if (refusedInARow.size > refusedByChance) metrics('RefusedInARow', 1)
  }

  return {
    async get(messageId) {
      const outcome = await call(() => erp.get(messageId))
      countRefusal(messageId, outcome)
      return outcome
    },
    async put(messageId, data) {
      const outcome = await call(() => erp.put(messageId, data))
      countRefusal(messageId, outcome)
      if (outcome.kind === 'answered') refusedInARow.clear()
      return outcome
    },
  }
}

/** Counts each login, and how it ended. */
export function withLoginMetrics(login: Login, metrics: Metrics): Login {
  return async (credentials) => {
    const outcome = await login(credentials)
    metrics('SessionRenewals', 1, outcome.kind === 'session' ? 'renewed' : 'failed')
    return outcome
  }
}

/** Counts each new session that is not taken, or could not be tried, so that it does not become the current one. */
export function withSessionCheckMetrics(trySession: VerifySession, metrics: Metrics): VerifySession {
  return async (token) => {
    const tried = await trySession(token)
    if (tried.kind !== 'accepted') metrics('SessionRenewals', 1, 'failed')
    return tried
  }
}

function answerOf(outcome: Exclude<GetOutcome | PutOutcome, { kind: 'answered' }>): DimensionOf<'ErpFailures'> {
  if (outcome.kind === 'refused') return ['4xx']
  // What ends otherwise than with an answer of the ERP's own says so in words, with the status where there was one.
  const [, status] = /^status (\d{3})$/.exec(outcome.reason) ?? []
  if (/^(the ERP refuses the session|no session token)/.test(outcome.reason)) return ['session']
  if (status === '429') return ['429']
  if (status === undefined) return ['none']
  return [status.startsWith('5') ? '5xx' : '4xx']
}
