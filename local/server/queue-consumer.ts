import { setTimeout as wait } from 'node:timers/promises'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Clock, Log, ReceivedMessage } from '../../functions/ports/ports.ts'
import { errorMessage } from '../error-messages.ts'
import type { SqliteQueue } from '../storage/queue.ts'

/** Another process may have sent something; ms. */
const lookAgain = 500
/** Longest pause after a failure; ms. */
const longestPause = 60_000

/** What runs until it is stopped. */
export type Worker = { stop(): Promise<void> }

/**
 * Does what Lambda's event source mapping does: takes batches from the queue, has them delivered, removes what succeeded and
 * lets what failed come again later.
 * @param options.batches how many batches are under way at once
 * @param options.visibility ms that a batch has, until it comes again
 */
export function startWorker({
  queue,
  deliver,
  clock,
  log,
  batchSize,
  batches,
  visibility,
}: {
  queue: SqliteQueue
  deliver: (event: SQSEvent) => Promise<SQSBatchResponse>
  clock: Clock
  log: Log
  batchSize: number
  batches: number
  visibility: number
}): Worker {
  let stopped = false
  let alarm = new AbortController()
  const wake = () => {
    alarm.abort()
    alarm = new AbortController()
  }
  queue.onSend(wake)

  async function batch(): Promise<boolean> {
    const messages = await queue.receive({ max: batchSize, visibility })
    if (messages.length === 0) return false
    const { batchItemFailures } = await deliver({ Records: messages.map(record) })
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    await Promise.all(
      messages.map(({ id, receipt, receives }) =>
        failed.has(id) ? queue.release(receipt, Math.min(longestPause, 1_000 * 2 ** receives)) : queue.remove(receipt),
      ),
    )
    return true
  }

  async function loop(): Promise<void> {
    while (!stopped) {
      const { signal } = alarm
      try {
        if (await batch()) continue
        const next = queue.nextVisibleAt() ?? Number.POSITIVE_INFINITY
        await wait(Math.max(1, Math.min(lookAgain, next - clock())), undefined, { signal }).catch(() => {})
      } catch (error) {
        log('failed', { error: errorMessage(error) })
        await wait(1_000, undefined, { signal }).catch(() => {})
      }
    }
  }

  const loops = Array.from({ length: batches }, loop)
  return {
    async stop() {
      stopped = true
      wake()
      await Promise.all(loops)
    },
  }
}

/** A message as SQS hands it to Lambda. */
function record({ id, receipt, body, receives, sentAt }: ReceivedMessage): SQSRecord {
  return {
    messageId: id,
    receiptHandle: receipt,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: String(sentAt),
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: String(sentAt),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:local:000000000000:chatroom-bridge',
    awsRegion: 'local',
  }
}
