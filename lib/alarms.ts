import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import type { BridgeMetric } from './own-metric.ts'
import { type MonitoredResources, orNothing, shareOf5xx, sumOf } from './watched.ts'

/** When somebody has to look, what it means, and the command to run. */
export type AlarmDefinition = {
  metric: IMetric
  /** In alarm from here on. */
  from: number
  /** Periods of its metric, of five minutes unless that says otherwise, in a row that it lasts; 1 unless said otherwise. */
  periods?: number
  means: string
  run: string
}

const minute = Duration.minutes(1).toMilliseconds()

/**
 * Every alarm by its name, each with a section in docs/operate.md. Where nothing is emitted nothing is wrong: what never
 * happened has no data.
 */
export function alarmsOf(own: BridgeMetric, watched: MonitoredResources): Record<string, AlarmDefinition> {
  return {
    'dead-letters': {
      metric: watched.deadLetters.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
      from: 1,
      means: 'The queue set something aside that deliver can’t read, has no room for, or crashed on.',
      run: 'npx chatroom-bridge parked list',
    },
    refused: {
      metric: own('Parked', 'Sum', 'refused'),
      from: 1,
      means: 'The ERP refused a change for good; the rest went through without it.',
      run: 'npx chatroom-bridge parked list --reason refused',
    },
    'too-old': {
      metric: own('Parked', 'Sum', 'age'),
      from: 1,
      means: 'A change could not be brought to the ERP for so long (MAX_AGE) that it was set aside.',
      run: 'npx chatroom-bridge parked list --reason age',
    },
    impossible: {
      metric: own('Parked', 'Sum', 'impossible'),
      from: 1,
      means: 'This host adds to lists (ERP_LISTS), so no PUT can take away what a source took back.',
      run: 'npx chatroom-bridge parked list --reason impossible',
    },
    full: {
      metric: own('Parked', 'Sum', 'full'),
      from: 1,
      means: 'A chat message has so much waiting for it that its record is full: what came then is a dead letter.',
      run: 'npx chatroom-bridge parked list --reason full',
    },
    'refused-in-a-row': {
      metric: own('RefusedInARow', 'Sum'),
      from: 1,
      means: 'The ERP refuses one chat message after the other: ERP_BASE_URL may be wrong, or the login lacks a right.',
      run: 'npx chatroom-bridge probe --message 42 --dry-run',
    },
    lag: {
      metric: own('DeliveryLag', 'p95'),
      from: 5 * minute,
      periods: 2,
      means: 'One event in twenty takes over five minutes from its acceptance to the ERP.',
      run: 'npx chatroom-bridge reconcile --dry-run',
    },
    'erp-unreachable': {
      metric: failedBeyondAll(own),
      from: 0,
      periods: 2,
      means: 'The ERP can’t be reached for half an hour. Nothing is lost: attempts go on, with pauses.',
      run: 'npx chatroom-bridge reconcile --dry-run',
    },
    'session-refused': {
      metric: own('ErpFailures', 'Sum', 'session'),
      from: 3,
      means: 'The ERP refuses our session token. Nothing is lost: attempts go on, with pauses.',
      run: 'npx chatroom-bridge secrets token',
    },
    'webhooks-refused': {
      metric: own('Rejected', 'Sum', 'signature'),
      from: 20,
      periods: 3,
      means: 'Webhooks come with signatures that don’t hold: a secret was changed on one side, or a stranger tries.',
      run: 'npx chatroom-bridge secrets list',
    },
    'front-door': {
      metric: shareOf5xx(watched),
      from: 1,
      means: 'One request in a hundred or more got a 5xx. Senders come again, GitHub only by hand.',
      run: 'npx chatroom-bridge trace EVENT_ID',
    },
    errors: {
      metric: sumOf([watched.ingest, watched.deliver, watched.sweep], 'errors'),
      from: 1,
      periods: 2,
      means: 'A function crashed or took too long. What it had comes again from the queue.',
      run: 'npx chatroom-bridge parked list',
    },
    throttles: {
      metric: sumOf([watched.ingest, watched.deliver], 'throttles'),
      from: 1,
      periods: 3,
      means: 'AWS holds functions back: the account or the function has too few instances.',
      run: 'npx cdk deploy -c INGEST_CONCURRENCY=… -c DELIVER_CONCURRENCY=…',
    },
    ...(watched.logsIn && {
      'renewal-failed': {
        metric: own('SessionRenewals', 'Sum', 'failed'),
        from: 1,
        means: 'The bridge could not log in to the ERP for a new session. The current one works until it expires.',
        run: 'npx chatroom-bridge secrets credentials',
      },
    }),
  }
}

/**
 * How many calls of the ERP got no answer of it, less all calls: 0 where none got through. Its period is the longest pause
 * between two attempts, for a bridge with one chat message that waits calls no more often, and no breaker sees that.
 */
function failedBeyondAll(own: BridgeMetric): IMetric {
  return new MathExpression({
    // Without calls there is no value, and nothing is wrong.
    expression: `${orNothing('none')} + ${orNothing('failing')} + ${orNothing('limited')} - calls`,
    usingMetrics: {
      none: own('ErpFailures', 'Sum', 'none'),
      failing: own('ErpFailures', 'Sum', '5xx'),
      limited: own('ErpFailures', 'Sum', '429'),
      calls: own('ErpLatency', 'SampleCount'),
    },
    period: Duration.minutes(15),
    label: 'calls that failed, less all calls',
  })
}
