import { Metrics as Emf } from '@aws-lambda-powertools/metrics'
import { metrics as catalogue, dimensionOf, type MetricName } from '../ports/metrics.ts'
import type { Log, LogFields, Metrics } from '../ports/ports.ts'
import { createLog } from './logger.ts'

/** What a function says of itself. */
export type Telemetry = {
  log: Log
  metrics: Metrics
  /** A handler after each call of which the metrics are published. */
  published<Event, Result>(handler: (event: Event) => Promise<Result>): (event: Event) => Promise<Result>
}

/** The line that is written once per webhook, and carries its metrics. */
const requestLine = 'webhook'

/**
 * A function's log and metrics, in CloudWatch's embedded metric format. Metrics are gathered and published once per call, a
 * line for those without dimension and one for each value of a dimension. A webhook's own line and that of its metrics are one:
 * half of what a line costs is to be one.
 * @param service the dimension of every metric: the stage
 */
export function createTelemetry(service: string): Telemetry {
  const log = createLog()
  const emf = new Emf({ namespace: 'ChatroomBridge', serviceName: service })
  let gathered = new Map<string, { value: string | undefined; values: Map<MetricName, number[]> }>()
  let request: LogFields | undefined

  function publish(): void {
    const groups = [...gathered.values()]
    const line = request
    gathered = new Map()
    request = undefined
    if (line && groups.length === 0) log(requestLine, line)
    for (const [index, { value, values }] of groups.entries()) {
      for (const [name, measured] of values) {
        for (const one of measured) emf.addMetric(name, catalogue[name].unit, one)
        const dimension = dimensionOf(name)
        if (dimension && value !== undefined) emf.addDimensions({ [dimension.name]: value })
      }
      const said = line && index === 0 ? Object.entries({ message: requestLine, ...line }) : []
      for (const [name, one] of said) if (one !== undefined) emf.addMetadata(name, one as string)
      emf.publishStoredMetrics()
    }
  }

  return {
    log: (event, fields) => {
      if (event === requestLine) request = fields
      else log(event, fields)
    },
    metrics: (name, value, ...dimension) => {
      if (value === 0 && catalogue[name].unit === 'Count') return
      const [of] = dimension as [string?]
      const key = of === undefined ? '' : `${name} ${of}`
      const group = gathered.get(key) ?? { value: of, values: new Map<MetricName, number[]>() }
      gathered.set(key, group)
      const values = group.values.get(name) ?? []
      group.values.set(name, values)
      if (catalogue[name].unit === 'Count') values[0] = (values[0] ?? 0) + value
      else values.push(value)
    },
    published: (handler) => async (event) => {
      try {
        return await handler(event)
      } finally {
        publish()
      }
    },
  }
}
