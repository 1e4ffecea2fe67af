/** A CloudFormation template, as far as it costs something by itself. */
export type Template = { Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }> }

/** What stands in a stack, and costs by the month or says how much the rest does. */
export type Standing = {
  secrets: number
  /** Alarms cost by the metrics that they look at. */
  alarmMetrics: number
  dashboards: number
  /** Metrics that the stack itself makes of logs. */
  filteredMetrics: number
  /** Minutes between two sweeps. */
  sweepEvery: number
  /** The line that each request leaves in the access log. */
  accessLine: string
  /** MB by function. */
  memory: { ingest: number; deliver: number; sweep: number }
  /** Whether Lambda adds its own lines to each call's. */
  platformLines: boolean
}

/** Counts what stands in a stack. @throws where the template has no such function, schedule or access log */
export function standingIn({ Resources }: Template): Standing {
  const of = (type: string) =>
    Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) =>
      Type === type ? [{ id, properties: Properties }] : [],
    )
  const lambda = (name: string) => {
    const found = of('AWS::Lambda::Function').find(({ id }) => id.startsWith(name))?.properties
    if (!found) throw new Error(`the stack has no function ${name}`)
    return found as { MemorySize: number; LoggingConfig?: { SystemLogLevel?: string } }
  }
  const [schedule] = of('AWS::Scheduler::Schedule')
  const [, minutes] = /^rate\((\d+) minutes?\)$/.exec(String(schedule?.properties['ScheduleExpression'])) ?? []
  if (minutes === undefined) throw new Error('the stack has no schedule in minutes')
  return {
    secrets: of('AWS::SecretsManager::Secret').length,
    alarmMetrics: of('AWS::CloudWatch::Alarm')
      .map(({ properties }) => metricsOf(properties))
      .reduce((sum, count) => sum + count, 0),
    dashboards: of('AWS::CloudWatch::Dashboard').length,
    filteredMetrics: of('AWS::Logs::MetricFilter').length,
    sweepEvery: Number(minutes),
    accessLine: accessLineOf(of('AWS::ApiGatewayV2::Stage')[0]?.properties ?? {}),
    memory: {
      ingest: lambda('Ingest').MemorySize,
      deliver: lambda('Deliver').MemorySize,
      sweep: lambda('Sweep').MemorySize,
    },
    platformLines: lambda('Ingest').LoggingConfig?.SystemLogLevel !== 'WARN',
  }
}

function metricsOf({ Metrics }: { Metrics?: { MetricStat?: unknown }[] }): number {
  return Metrics ? Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length : 1
}

/** What API Gateway puts in place of the variables of its access log. */
const values: Record<string, string> = {
  '$context.requestId': 'JKJaXmPLvHcESHA=',
  '$context.requestTime': '22/Nov/2026:12:00:00 +0000',
  '$context.identity.sourceIp': '203.0.113.124',
  '$context.httpMethod': 'POST',
  '$context.status': '202',
  '$context.responseLatency': '17',
  '$context.error.message': '-',
}

function accessLineOf({ AccessLogSettings }: { AccessLogSettings?: { Format?: string } }): string {
  const format = AccessLogSettings?.Format
  if (format === undefined) throw new Error('the stack has no access log')
  return format.replaceAll(/\$context(\.\w+)+/g, (variable) => values[variable] ?? '-'.repeat(20))
}
