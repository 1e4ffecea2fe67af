import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  MessageNotInflight,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Queue, ReceivedMessage } from '../ports/ports.ts'

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const longestDelay = 900
const longestVisibility = 43_200
const mostAtOnce = 10

/** Characters of a reason that are kept: attributes count towards a message's 1 MiB, of which the body leaves 4 KiB free. */
const reasonKept = 1_000

/**
 * A queue in SQS. Its redrive policy makes dead letters of what was received too often.
 *
 * One send is one SendMessage, not gathered into batches: ingest sends one message per invocation, and a batch that fails in
 * part would need retries of our own, where the SDK retries a whole request. What batches would save is $0.40 per million
 * attempts.
 * @param options.wait ms to wait for a message where none is visible; the client's request time-out must be longer. Without
 * it a receive asks some of SQS's servers only, and may come back empty while there are messages
 * @throws what SQS answers when it refuses a message, and when it can't be reached
 */
export function createSqsQueue({ client, url, wait = 0 }: { client: SQSClient; url: string; wait?: number }): Queue {
  const QueueUrl = url
  return {
    async send(body, { delay = 0, reason } = {}) {
      await client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: body,
          DelaySeconds: seconds(delay, longestDelay),
          ...(reason && { MessageAttributes: { reason: { DataType: 'String', StringValue: legal(reason) } } }),
        }),
      )
    },
    async receive({ max, visibility }) {
      const received: ReceivedMessage[] = []
      while (received.length < max) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: Math.min(max - received.length, mostAtOnce),
            // 0 would leave them visible, and this loop would take them again.
            VisibilityTimeout: Math.max(1, seconds(visibility, longestVisibility)),
            WaitTimeSeconds: received.length === 0 ? seconds(wait, 20) : 0,
            MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'DeadLetterQueueSourceArn'],
            MessageAttributeNames: ['reason'],
          }),
        )
        if (Messages.length === 0) break
        received.push(...Messages.map(receivedMessage))
      }
      return received
    },
    async remove(receipt) {
      // SQS itself says nothing about an outdated receipt.
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }))
    },
    async release(receipt, delay) {
      try {
        await client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl,
            ReceiptHandle: receipt,
            VisibilityTimeout: seconds(delay, longestVisibility),
          }),
        )
      } catch (error) {
        if (!isOutdatedReceipt(error)) throw error
      }
    },
  }
}

function receivedMessage({
  MessageId = '',
  ReceiptHandle = '',
  Body = '',
  Attributes,
  MessageAttributes,
}: Message): ReceivedMessage {
  // What the redrive policy moved has no reason of ours, but tells where it comes from.
  const moved = Attributes?.DeadLetterQueueSourceArn && 'received too often'
  const reason = MessageAttributes?.['reason']?.StringValue ?? moved
  return {
    id: MessageId,
    receipt: ReceiptHandle,
    body: Body,
    receives: Number(Attributes?.ApproximateReceiveCount),
    sentAt: Number(Attributes?.SentTimestamp),
    ...(reason && { reason }),
  }
}

/** Whole seconds, never earlier than asked for. */
function seconds(ms: number, most: number): number {
  return Math.min(Math.max(0, Math.ceil(ms / 1_000)), most)
}

/** A text as SQS takes it: it refuses characters that XML doesn't know, and a reason may repeat what a sender wrote. */
function legal(text: string): string {
  return text.slice(0, reasonKept).replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
}

/**
 * Whether another receiver has the message, or nobody any more. SQS says so in two ways, of which the second has no type
 * (https://github.com/aws/aws-sdk-net/issues/1927).
 */
function isOutdatedReceipt(error: unknown): boolean {
  return (
    error instanceof MessageNotInflight ||
    (error instanceof Error && error.message.includes('not available for visibility timeout change'))
  )
}
