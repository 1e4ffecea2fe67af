/** One value of a metric in one period of the alarm that looks at it. */
export type Datapoint = {
  namespace: string
  name: string
  dimensions: Record<string, unknown>
  value: number
  period: number
}

type MetricProperties = { Namespace: string; MetricName: string; Dimensions?: { Name: string; Value: unknown }[] }
/** An alarm as a template has it, either of one metric or of an expression over several. */
export type AlarmProperties = Partial<MetricProperties> & {
  AlarmName: string
  AlarmDescription: string
  Statistic?: string
  ExtendedStatistic?: string
  Period?: number
  Threshold: number
  EvaluationPeriods: number
  ComparisonOperator: string
  TreatMissingData: string
  Metrics?: {
    Id: string
    Expression?: string
    ReturnData?: boolean
    MetricStat?: { Metric: MetricProperties; Stat: string; Period: number }
  }[]
  AlarmActions?: unknown[]
}

/** The values of a function's lines in CloudWatch's embedded metric format. */
export function datapointsIn(line: string, period: number): Datapoint[] {
  const said = JSON.parse(line)
  const told = said._aws?.CloudWatchMetrics ?? []
  return told.flatMap(({ Namespace, Dimensions, Metrics }: Emf) =>
    Metrics.flatMap(({ Name }) => {
      const dimensions = Object.fromEntries(Dimensions.flat().map((name) => [name, said[name]]))
      return [said[Name]]
        .flat()
        .map((value: number) => ({ namespace: Namespace, name: Name, dimensions, value, period }))
    }),
  )
}
type Emf = { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }

/** The metrics that an alarm looks at. */
export function metricsOf({ Metrics, ...alarm }: AlarmProperties): MetricProperties[] {
  const among = (Metrics ?? []).flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []))
  return Metrics ? among : [alarm as MetricProperties]
}

/**
 * Whether an alarm goes off, as CloudWatch evaluates it: at or over its threshold in all of so many periods in a row, where
 * missing values are none.
 */
export function goesOff(alarm: AlarmProperties, datapoints: readonly Datapoint[]): boolean {
  if (alarm.ComparisonOperator !== 'GreaterThanOrEqualToThreshold' || alarm.TreatMissingData !== 'notBreaching') {
    throw new Error(`${alarm.AlarmName} compares in a way that is not known here`)
  }
  const last = Math.max(0, ...datapoints.map(({ period }) => period))
  const breaching = Array.from({ length: last + 1 }, (_, period) => {
    const value = valueIn(
      alarm,
      datapoints.filter((one) => one.period === period),
    )
    return value !== undefined && value >= alarm.Threshold
  })
  return breaching.some((_, from) => {
    const row = breaching.slice(from, from + alarm.EvaluationPeriods)
    return row.length === alarm.EvaluationPeriods && row.every(Boolean)
  })
}

function valueIn(alarm: AlarmProperties, datapoints: readonly Datapoint[]): number | undefined {
  const { Metrics, Statistic, ExtendedStatistic } = alarm
  if (!Metrics) return statistic(Statistic ?? ExtendedStatistic ?? '', of(alarm as MetricProperties, datapoints))
  const values = new Map(
    Metrics.flatMap(({ Id, MetricStat }) =>
      MetricStat ? [[Id, statistic(MetricStat.Stat, of(MetricStat.Metric, datapoints))] as const] : [],
    ),
  )
  const { Id = '', Expression: expression } = Metrics.find(({ ReturnData }) => ReturnData !== false) ?? {}
  if (expression === undefined) return values.get(Id)
  // From left to right, which is right where products and sums are not mixed.
  const [first = '', ...rest] = expression.split(' ')
  const operand = (word: string) => {
    const [, filled] = /^FILL\((\w+),0\)$/.exec(word) ?? []
    if (filled !== undefined) return values.get(filled) ?? 0
    return /^\d+$/.test(word) ? Number(word) : values.get(word)
  }
  let value = operand(first)
  for (let index = 0; index < rest.length; index += 2) {
    const by = operand(rest[index + 1] ?? '')
    value = applied(rest[index] ?? '', value, by)
  }
  return value
}

/** Where one of both is missing there is no result. */
function applied(operator: string, a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  if (operator === '*') return a * b
  if (operator === '/') return a / b
  throw new Error(`${operator} is not known here`)
}

function of({ Namespace, MetricName, Dimensions = [] }: MetricProperties, datapoints: readonly Datapoint[]): number[] {
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))
  return datapoints
    .filter((one) => one.namespace === Namespace && one.name === MetricName && isSame(one.dimensions, dimensions))
    .map(({ value }) => value)
}

function isSame(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const sorted = (record: Record<string, unknown>) => JSON.stringify(Object.entries(record).sort())
  return sorted(a) === sorted(b)
}

function statistic(name: string, values: number[]): number | undefined {
  if (values.length === 0) return undefined
  if (name === 'Sum') return values.reduce((sum, value) => sum + value, 0)
  if (name === 'SampleCount') return values.length
  if (name === 'Maximum') return Math.max(...values)
  const [, percentile] = /^p(\d+)$/.exec(name) ?? []
  if (percentile === undefined) throw new Error(`${name} is not known here`)
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil((Number(percentile) / 100) * sorted.length) - 1]
}
