import * as z from 'zod'
import { MessageId, Update } from './update.ts'

/**
 * An update on its way: with its place among the updates of its webhook request, which decides between two that
 * happened and arrived in the same millisecond.
 */
export const QueuedUpdate = z.strictObject({ ...Update.shape, position: z.int().min(0) })
export type QueuedUpdate = z.infer<typeof QueuedUpdate>

/**
 * What the queue carries: the updates of one webhook request, or an attempt to bring one chat message up to date.
 * `at` (epoch ms) names the attempt that the message state knows as scheduled; an attempt without it is made whenever it
 * arrives (the sweep's). `failures` counts how often it could not be dealt with.
 */
export const QueueMessage = z.discriminatedUnion('kind', [
  z.strictObject({
    version: z.literal(1),
    kind: z.literal('updates'),
    updates: z.array(QueuedUpdate).min(1),
    failures: z.int().min(1).optional(),
  }),
  z.strictObject({
    version: z.literal(1),
    kind: z.literal('attempt'),
    messageId: MessageId,
    at: z.int().optional(),
    failures: z.int().min(1).optional(),
  }),
])
export type QueueMessage = z.infer<typeof QueueMessage>

/** SQS takes 1 MiB with its attributes (facts: SQS quotas for messages); 4 KiB stay free for those. */
export const queueMessageLimit = 1024 * 1024 - 4096

/** The queue message of one webhook request, whose updates may be empty only where nothing is sent. */
export function updatesMessage(updates: readonly Update[]): QueueMessage {
  return { version: 1, kind: 'updates', updates: updates.map((update, position) => ({ ...update, position })) }
}

/** An attempt for one chat message, at `at` (epoch ms) or whenever it arrives. */
export function attemptMessage(messageId: string, at?: number): QueueMessage {
  return { version: 1, kind: 'attempt', messageId, ...(at !== undefined && { at }) }
}

/**
 * The body as it is queued. SQS refuses characters that XML doesn't know; of those, JSON leaves only U+FFFE and U+FFFF
 * unescaped.
 */
export function encode(message: QueueMessage): string {
  return JSON.stringify(message).replace(/[\uFFFE\uFFFF]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`)
}

/** The queue message of a body, or why it can't be read. The reason never repeats what stands in the body. */
export function decode(body: string): { message: QueueMessage } | { unreadable: string } {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return { unreadable: 'not JSON' }
  }
  const parsed = QueueMessage.safeParse(json)
  if (parsed.success) return { message: parsed.data }
  const [issue] = parsed.error.issues
  return { unreadable: `not a queue message of version 1: ${issue?.path.join('.') || 'body'}: ${issue?.message}` }
}
