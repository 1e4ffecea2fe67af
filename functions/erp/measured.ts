import type { DimensionOf } from '../core/metrics.ts'
import type { GetOutcome, PutOutcome } from '../core/outcome.ts'
import type { Clock, Metrics } from '../core/ports.ts'
import type { Erp } from './client.ts'

/** Measures each call of an ERP, and how it answered; and counts those that a breaker around it did not make. */
export function measured(erp: Erp, metrics: Metrics, clock: Clock): Erp {
  async function call<Outcome extends GetOutcome | PutOutcome>(calling: () => Promise<Outcome>): Promise<Outcome> {
    const begin = clock()
    const outcome = await calling()
    if ('unasked' in outcome) {
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

function answerOf(outcome: Exclude<GetOutcome | PutOutcome, { kind: 'answered' }>): DimensionOf<'ErpFailures'> {
  if (outcome.kind === 'refused') return ['4xx']
  // What ends otherwise than with an answer of the ERP's own says so in words, with the status where there was one.
  const [, status] = /^status (\d{3})$/.exec(outcome.reason) ?? []
  if (status === '401' || status === '403' || outcome.reason.startsWith('no session token')) return ['session']
  if (status === '429') return ['429']
  if (status === undefined) return ['none']
  return [status.startsWith('5') ? '5xx' : '4xx']
}
