import { Duration, Stack } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { type CfnQueue, Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Keeping } from './data-key.ts'

/**
 * How often a queue message is received before it is a dead letter: whatever crashes deliver this often would go on doing
 * so. What merely fails is sent again by deliver, and not counted.
 */
const maxReceives = 10
/** The longest that SQS keeps anything. */
const kept = Duration.days(14)

/** The queue between ingest and deliver, and the dead letters that only it may send there. */
export class EventQueue extends Construct {
  readonly queue: Queue
  readonly deadLetters: Queue

  /** @param props.timeout of the function that receives: Lambda asks for six times that as visibility time-out */
  constructor(scope: Construct, id: string, props: Keeping & { readonly timeout: Duration }) {
    super(scope, id)
    const { stackName } = Stack.of(this)
    const queueName = `${stackName}-events`
    const { removalPolicy, encryptionKey } = props
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: kept, removalPolicy }
    // Each queue names the other: by its ARN the one, by a fixed name the other.
    const sourceArn = Stack.of(this).formatArn({ service: 'sqs', resource: queueName })
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      queueName: `${stackName}-dead-letters`,
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        sourceQueues: [Queue.fromQueueArn(this, 'Source', sourceArn)],
      },
    })
    this.queue = new Queue(this, 'Events', {
      ...common,
      queueName,
      visibilityTimeout: Duration.seconds(props.timeout.toSeconds() * 6),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: maxReceives },
    })
    if (encryptionKey) for (const queue of [this.queue, this.deadLetters]) encrypt(queue, encryptionKey)
  }
}

/** Past the construct, whose grants would then allow more than SQS needs (see data-key.ts). */
function encrypt(queue: Queue, key: IKey): void {
  const resource = queue.node.defaultChild as CfnQueue
  resource.kmsMasterKeyId = key.keyArn
  // One or the other.
  resource.sqsManagedSseEnabled = undefined
}
