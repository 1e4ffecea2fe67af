import { Duration } from 'aws-cdk-lib'
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { metrics } from '../functions/ports/metrics.ts'
import type { BridgeMetric } from './own-metric.ts'
import { answers, type MonitoredResources, sumOf } from './watched.ts'

/** What happens to events, from left to right and from top to bottom, as it happens. */
export function dashboardOf(
  scope: Construct,
  {
    name,
    own,
    watched,
    alarms,
  }: { name: string; own: BridgeMetric; watched: MonitoredResources; alarms: readonly Alarm[] },
): Dashboard {
  const dashboard = new Dashboard(scope, 'Dashboard', { dashboardName: name, defaultInterval: Duration.days(1) })
  const { queue, deadLetters, ingest, deliver, sweep } = watched
  const rejected = metrics.Rejected.dimension.values.map((reason) => own('Rejected', 'Sum', reason))
  const failures = metrics.ErpFailures.dimension.values.map((answer) => own('ErpFailures', 'Sum', answer))
  const parked = metrics.Parked.dimension.values.map((reason) => own('Parked', 'Sum', reason))
  const calls = own('ErpLatency', 'SampleCount').with({ label: 'calls' })
  const latency = ['p50', 'p95', 'p99'].map((statistic) => own('ErpLatency', statistic).with({ label: statistic }))
  const lag = ['p50', 'p95', 'Maximum'].map((statistic) => own('DeliveryLag', statistic).with({ label: statistic }))
  const renewals = metrics.SessionRenewals.dimension.values.map((outcome) => own('SessionRenewals', 'Sum', outcome))
  const rows: [title: string, ...IWidget[]][] = [
    ['Is anything wrong?', new AlarmStatusWidget({ alarms: [...alarms], width: 24, height: 4 })],
    [
      '1 · Webhooks come in',
      graph('Events', own('Accepted', 'Sum'), own('Ignored', 'Sum')),
      graph('Refused requests', ...rejected),
      graph('Answers of the front door', answers(watched, 'Count'), answers(watched, '4xx'), answers(watched, '5xx')),
    ],
    [
      '2 · The queue keeps them',
      graph(
        'Waiting, and in flight',
        queue.metricApproximateNumberOfMessagesVisible(),
        queue.metricApproximateNumberOfMessagesNotVisible(),
      ),
      graph('Delayed attempts', queue.metricApproximateNumberOfMessagesDelayed()),
      graph('Dead letters', deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' })),
    ],
    [
      '3 · Deliver folds them, and brings chat messages up to date',
      graph('Folded updates, attempts', own('Folded', 'Sum'), own('Attempts', 'Sum')),
      graph('PUTs', own('PutsSent', 'Sum'), own('PutsSaved', 'Sum')),
      graph('Set aside', ...parked, own('RefusedInARow', 'Sum')),
    ],
    [
      '4 · The ERP answers',
      graph('Calls, and what failed', calls, ...failures),
      graph('ms of a call', ...latency),
      graph('Not called, because it is down; new sessions', own('BreakerOpen', 'Sum'), ...renewals),
    ],
    [
      '5 · From acceptance to the ERP',
      graph('ms', ...lag),
      graph('Errors of functions', sumOf([ingest, deliver, sweep], 'errors'), sumOf([ingest, deliver], 'throttles')),
      graph(
        'ms that functions take',
        ingest.metricDuration({ statistic: 'p95', label: 'ingest p95' }),
        deliver.metricDuration({ statistic: 'p95', label: 'deliver p95' }),
      ),
    ],
  ]
  for (const [title, ...widgets] of rows) {
    dashboard.addWidgets(new TextWidget({ markdown: `## ${title}`, width: 24, height: 1 }))
    dashboard.addWidgets(...widgets)
  }
  return dashboard
}

function graph(title: string, ...left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6 })
}
