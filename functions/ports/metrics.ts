/** What a metric counts or measures, and by what it is told apart: one dimension at most, of few values. */
type Metric = {
  unit: 'Count' | 'Milliseconds'
  meaning: string
  dimension?: { readonly name: string; readonly values: readonly string[] }
}

/**
 * Every metric there is. Each combination of a name and a dimension's value is billed on AWS, so none has an id of anything
 * for a dimension; and none is ever zero: what did not happen is not told.
 */
export const metrics = {
  Accepted: { unit: 'Count', meaning: 'events that were acknowledged and are on the queue' },
  Ignored: { unit: 'Count', meaning: 'events of proven senders that ask for nothing, or for what they may not change' },
  Rejected: {
    unit: 'Count',
    meaning: 'webhook requests that were answered with an error',
    dimension: {
      name: 'reason',
      values: ['source', 'method', 'size', 'signature', 'format', 'content', 'unavailable'],
    },
  },
  Folded: { unit: 'Count', meaning: 'updates that were folded into the states of chat messages, repeats included' },
  Attempts: { unit: 'Count', meaning: 'attempts to bring a chat message of the ERP up to date' },
  PutsSent: { unit: 'Count', meaning: 'PUTs that the ERP was sent' },
  PutsSaved: {
    unit: 'Count',
    meaning:
      'updates that took no PUT of their own: repeats, overtaken ones, what the ERP showed already, what shared a PUT',
  },
  DeliveryLag: {
    unit: 'Milliseconds',
    meaning:
      'from the acceptance of an event until the ERP shows it; of one that only became due over an hour after it (held for a link, redriven), from then on',
  },
  ErpLatency: { unit: 'Milliseconds', meaning: 'of one call of the ERP, however it ended' },
  ErpFailures: {
    unit: 'Count',
    meaning: 'calls of the ERP that ended otherwise than with a status 2xx: its class, or none where no answer came',
    dimension: { name: 'answer', values: ['session', '429', '4xx', '5xx', 'none'] },
  },
  BreakerOpen: { unit: 'Count', meaning: 'calls that were not made because the ERP counts as dead' },
  Parked: {
    unit: 'Count',
    meaning: 'wishes that were set aside for an operator, in their record or, where that is full, as dead letters',
    dimension: { name: 'reason', values: ['refused', 'age', 'impossible', 'full'] },
  },
  RefusedInARow: {
    unit: 'Count',
    meaning: 'refusals of the fifth and further different chat messages in a row, with no PUT taken in between',
  },
  SessionRenewals: {
    unit: 'Count',
    meaning: 'logins at the ERP for a new session token, and as failed those whose session it does not take then',
    dimension: { name: 'outcome', values: ['renewed', 'failed'] },
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof metrics

/** The value of a metric's dimension, where it has one. */
export type DimensionOf<Name extends MetricName> = (typeof metrics)[Name] extends {
  dimension: { values: readonly (infer Value)[] }
}
  ? [value: Value]
  : []

/** The dimension of a metric; undefined where it has none. */
export function dimensionOf(name: MetricName): Metric['dimension'] {
  return (metrics[name] as Metric).dimension
}
