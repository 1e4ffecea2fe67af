import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { type DimensionOf, dimensionOf, type MetricName } from '../functions/ports/metrics.ts'

/** Where the functions' metrics stand in CloudWatch, and what tells one stage's from another's. */
const namespace = 'ChatroomBridge'

/** A metric as the functions of one stage emit it. */
export type BridgeMetric = <Name extends MetricName>(
  name: Name,
  statistic: string,
  ...dimension: DimensionOf<Name>
) => Metric

/** @param service the dimension that all metrics of this stage have */
export function bridgeMetrics(service: string): BridgeMetric {
  return (metricName, statistic, ...dimension) => {
    const [value] = dimension as [string?]
    const name = dimensionOf(metricName)?.name
    const dimensionsMap = { service, ...(name !== undefined && value !== undefined && { [name]: value }) }
    return new Metric({ namespace, metricName, dimensionsMap, statistic, period: Duration.minutes(5) })
  }
}
