import { metrics as catalogue, type MetricName } from '../../functions/ports/metrics.ts'
import type { LogFields, Metrics } from '../../functions/ports/ports.ts'

/** ms between two lines. */
const every = 60_000
/** How many values of a metric are kept for its line; what comes beyond is counted only. */
const valuesKept = 10_000

/**
 * Sums metrics up, and says them in one line a minute where anything happened: `Rejected.signature=2`, and for what is measured
 * how many, the 95th percentile and the most.
 * @returns `stop` says what there is still to say
 */
export function startMetrics(say: (fields: LogFields) => void): { metrics: Metrics; stop(): void } {
  let gathered = new Map<string, { name: MetricName; count: number; values: number[] }>()
  const flush = () => {
    if (gathered.size === 0) return
    const fields = Object.fromEntries([...gathered].flatMap(([key, { name, ...sum }]) => summary(key, name, sum)))
    gathered = new Map()
    say(fields)
  }
  const timer = setInterval(flush, every).unref()
  return {
    metrics: (name, value, ...dimension) => {
      if (value === 0 && catalogue[name].unit === 'Count') return
      const key = [name, ...dimension].join('.')
      const sum = gathered.get(key) ?? { name, count: 0, values: [] }
      gathered.set(key, sum)
      sum.count += catalogue[name].unit === 'Count' ? value : 1
      if (sum.values.length < valuesKept) sum.values.push(value)
    },
    stop() {
      clearInterval(timer)
      flush()
    },
  }
}

function summary(
  key: string,
  name: MetricName,
  { count, values }: { count: number; values: number[] },
): [string, number][] {
  if (catalogue[name].unit === 'Count') return [[key, count]]
  const sorted = values.toSorted((one, other) => one - other)
  return [
    [`${key}.count`, count],
    [`${key}.p95`, sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0],
    [`${key}.max`, sorted.at(-1) ?? 0],
  ]
}
