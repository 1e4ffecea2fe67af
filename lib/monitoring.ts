import { Stack } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { alarmsOf } from './alarms.ts'
import { dashboardOf } from './dashboard.ts'
import { bridgeMetrics } from './own-metric.ts'
import type { MonitoredResources } from './watched.ts'

/** Alarms that say what to do, by e-mail where one is given, and a dashboard that reads as the way of an event. */
export class Monitoring extends Construct {
  readonly alarms: readonly Alarm[]

  /** @param props.email where alarms go */
  constructor(
    scope: Construct,
    id: string,
    props: { readonly watched: MonitoredResources; readonly email: string | undefined },
  ) {
    super(scope, id)
    const { stackName } = Stack.of(this)
    const own = bridgeMetrics(stackName)
    const action = props.email === undefined ? undefined : new SnsAction(mailTo(this, props.email))
    this.alarms = Object.entries(alarmsOf(own, props.watched)).map(
      ([name, { metric, from, periods = 1, means, run }]) => {
        const alarm = new Alarm(this, pascal(name), {
          metric,
          alarmName: `${stackName}-${name}`,
          alarmDescription: `${means}\nRun: ${run.startsWith('npx chatroom-bridge') ? `${run} --stack ${stackName}` : run}\nWhat to look at and to do: docs/operate.md#${name}`,
          threshold: from,
          comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
          evaluationPeriods: periods,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        })
        if (action) {
          alarm.addAlarmAction(action)
          alarm.addOkAction(action)
        }
        return alarm
      },
    )
    dashboardOf(this, { name: stackName, own, watched: props.watched, alarms: this.alarms })
  }
}

/** Alarms name what is wrong and no chat message. A topic encrypted with AWS's own key would take none from CloudWatch. */
function mailTo(scope: Construct, email: string): Topic {
  const topic = new Topic(scope, 'Topic', { enforceSSL: true, displayName: 'chatroom-bridge' })
  topic.addSubscription(new EmailSubscription(email))
  return topic
}

function pascal(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
}
