import { Duration } from 'aws-cdk-lib'
import type { HttpApi, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2'
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'

/** What of the stack is watched. */
export type MonitoredResources = {
  readonly queue: IQueue
  readonly deadLetters: IQueue
  readonly ingest: IFunction
  readonly deliver: IFunction
  readonly sweep: IFunction
  /** Whether the bridge logs in to the ERP. */
  readonly logsIn: boolean
  readonly frontDoor: { readonly api: HttpApi; readonly stage: HttpStage }
}

const period = Duration.minutes(5)

/** How many requests the front door had in five minutes, answered with this class of status. */
export function answers(
  { frontDoor: { api, stage } }: MonitoredResources,
  metricName: 'Count' | '4xx' | '5xx',
): Metric {
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
  const dimensionsMap = { ApiId: api.apiId, Stage: stage.stageName }
  // Of 5xx and 4xx the average is a share; the sum counts.
  return new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap, statistic: 'Sum', period })
}

/** Percent of the requests that the bridge could not take. */
export function shareOf5xx(watched: MonitoredResources): IMetric {
  const usingMetrics = { all: answers(watched, 'Count'), failed: answers(watched, '5xx') }
  return new MathExpression({ expression: '100 * failed / all', usingMetrics, period, label: '5xx in percent' })
}

/** A term of an expression that is nothing where there is no data, and would leave the whole without a value otherwise. */
export function orNothing(id: string): string {
  return `FILL(${id},0)`
}

/** A sum over functions. */
export function sumOf(functions: readonly IFunction[], name: 'errors' | 'throttles'): IMetric {
  const metrics = functions.map((one) =>
    name === 'errors' ? one.metricErrors({ period }) : one.metricThrottles({ period }),
  )
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`${name}${index}`, metric]))
  const expression = Object.keys(usingMetrics).map(orNothing).join(' + ')
  return new MathExpression({ expression, usingMetrics, period, label: name })
}
