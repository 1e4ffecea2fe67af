import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { Health, QueueCounts } from './health.ts'

/**
 * Measures a stack. SQS counts approximately
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html).
 */
export async function awsHealth(
  client: SQSClient,
  { queueUrl, deadLettersUrl, hasLogin }: { queueUrl: string; deadLettersUrl: string; hasLogin: boolean },
): Promise<Health> {
  const [queue, deadLetters] = await Promise.all([queueUrl, deadLettersUrl].map((url) => countsOf(client, url)))
  return {
    queue: queue as QueueCounts,
    deadLetters: (deadLetters?.waiting ?? 0) + (deadLetters?.delayed ?? 0),
    // Secrets Manager rotates a login's session before it ends.
    session: hasLogin ? 'not known' : 'fixed',
  }
}

async function countsOf(client: SQSClient, QueueUrl: string): Promise<QueueCounts> {
  const names = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ] as const
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }))
  const [visible, inFlight, delayed] = names.map((name) => Number(Attributes[name] ?? 0)) as [number, number, number]
  return { waiting: visible + inFlight, delayed }
}
