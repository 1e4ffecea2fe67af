import type { DimensionOf } from '../core/metrics.ts'
import type { GetOutcome, PutOutcome } from '../core/outcome.ts'
import type { Clock, Metrics } from '../core/ports.ts'
import type { Login } from '../core/session.ts'
import { countsAsDead } from './breaker.ts'
import type { Erp } from './client.ts'

/** Measures each call of an ERP, and how it answered; and counts those that a breaker around it did not make. */
export function measured(erp: Erp, metrics: Metrics, clock: Clock): Erp {
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
  return {
    get: (messageId) => call(() => erp.get(messageId)),
    put: (messageId, data) => call(() => erp.put(messageId, data)),
  }
}

/** Counts each login, and how it ended. */
export function loginsCounted(login: Login, metrics: Metrics): Login {
  return async (credentials) => {
    const outcome = await login(credentials)
    metrics('SessionRenewals', 1, outcome.kind === 'session' ? 'renewed' : 'failed')
    return outcome
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
