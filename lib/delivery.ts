import { Duration } from 'aws-cdk-lib'
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/** How often a sweep looks for what lost its attempt. */
const sweepEvery = Duration.minutes(5)

/** What makes deliver and sweep run: the queue, and a timer. */
export class Delivery extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly queue: Queue
      readonly deliver: IFunction
      readonly sweep: IFunction
      readonly batchSize: number
      readonly batchWindow: Duration
      readonly maxConcurrency: number
    },
  ) {
    super(scope, id)
    props.deliver.addEventSource(
      new SqsEventSource(props.queue, {
        batchSize: props.batchSize,
        maxBatchingWindow: props.batchWindow,
        maxConcurrency: props.maxConcurrency,
        // One record that fails must not bring the others again.
        reportBatchItemFailures: true,
      }),
    )
    // The ready-made target would let the schedule invoke every version there ever was.
    const role = new Role(this, 'SweepRole', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    const resourceArns = [props.sweep.functionArn]
    Grant.addToPrincipal({ grantee: role, actions: ['lambda:InvokeFunction'], resourceArns })
    new Schedule(this, 'Sweep', {
      schedule: ScheduleExpression.rate(sweepEvery),
      // A sweep that failed is made good by the next one.
      target: { bind: () => ({ arn: props.sweep.functionArn, role, retryPolicy: { maximumRetryAttempts: 0 } }) },
      description: 'Looks for chat messages that lost their attempt',
    })
  }
}
