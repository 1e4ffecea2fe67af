import * as z from 'zod'
import { Instant, type Link, MessageId, Name, ObjectUpdate, Occurred, Update } from './changes.ts'
import { Lookup } from './lookup.ts'

/** The place of an update among those of its request, which decides between two that happened and arrived in the same millisecond. */
const position = z.int().min(0)

/** An update on its way. */
export const QueuedUpdate = z.strictObject({ ...Update.shape, position })
export type QueuedUpdate = z.infer<typeof QueuedUpdate>

/** An update of an object on its way. `hold`: ms that it may wait for a link of the object. */
export const QueuedObjectUpdate = z.strictObject({ ...ObjectUpdate.shape, position, hold: z.int().min(0) })
export type QueuedObjectUpdate = z.infer<typeof QueuedObjectUpdate>

/** A link on its way: that an object of a source is a chat message, or no longer is. */
export const QueuedLink = z.strictObject({
  source: Name,
  object: Name,
  messageId: MessageId,
  present: z.boolean(),
  eventId: Name,
  occurredAt: Occurred.optional(),
  receivedAt: Instant,
  position,
})
export type QueuedLink = z.infer<typeof QueuedLink>

/**
 * A look-up on its way: what an event leaves open, and its provider's API tells. `messageId`: the chat message that the URL
 * named, which gets the answer instead of the object. `hold`: ms that the answer may wait for a link of the object.
 */
export const QueuedLookup = z.strictObject({ ...Lookup.shape, messageId: MessageId.optional(), hold: z.int().min(0) })
export type QueuedLookup = z.infer<typeof QueuedLookup>

/** What one webhook request asks for. */
export type QueuedItems = {
  updates: QueuedUpdate[]
  objectUpdates: QueuedObjectUpdate[]
  links: QueuedLink[]
  lookUps?: QueuedLookup[] | undefined
}

/** Names the webhook request that a queue message comes from, in the log. API Gateway's own ids have 16 characters. */
export const TraceId = z.string().regex(/^[\w=+/-]{1,22}$/)

const version = z.literal(1)
const failures = z.int().min(1).optional()

/**
 * What the queue carries: what one webhook request asks for, or an attempt to bring one chat message up to date.
 * `at` (epoch ms) names the attempt that the message state knows as scheduled; an attempt without it is made whenever it
 * arrives (the sweep's). `failures` counts how often it could not be dealt with; `failingSince` is when a message of
 * look-ups, and nothing else, first failed.
 */
export const QueueMessage = z.discriminatedUnion('kind', [
  z
    .strictObject({
      version,
      kind: z.literal('updates'),
      updates: z.array(QueuedUpdate).default([]),
      objectUpdates: z.array(QueuedObjectUpdate).default([]),
      links: z.array(QueuedLink).default([]),
      trace: TraceId.optional(),
      // Absent where there is none, so that a version of the bridge that knows none reads all other messages.
      lookUps: z.array(QueuedLookup).min(1).optional(),
      failures,
      failingSince: Instant.optional(),
    })
    .refine((message) => itemsOf(message).length > 0, { error: 'expected something to do' }),
  z.strictObject({ version, kind: z.literal('attempt'), messageId: MessageId, at: z.int().optional(), failures }),
])
export type QueueMessage = z.infer<typeof QueueMessage>
type UpdatesMessage = Extract<QueueMessage, { kind: 'updates' }>

/** SQS takes 1 MiB with its attributes (facts: SQS quotas for messages); 4 KiB stay free for those. */
export const queueMessageLimit = 1024 * 1024 - 4096

/** The queue message of what is asked for; what is left out of it is empty. */
export function updatesMessage(
  { updates = [], objectUpdates = [], links = [], lookUps = [] }: Partial<QueuedItems>,
  more: { trace?: string | undefined; failures?: number | undefined; failingSince?: string | undefined } = {},
): UpdatesMessage {
  const { trace, failures, failingSince } = more
  return {
    version: 1,
    kind: 'updates',
    updates,
    objectUpdates,
    links,
    ...(lookUps.length > 0 && { lookUps }),
    ...(trace !== undefined && { trace }),
    ...(failures !== undefined && { failures }),
    ...(failingSince !== undefined && { failingSince }),
  }
}

/** All that a message of updates asks for, in the order of its lists. */
export function itemsOf({
  updates,
  objectUpdates,
  links,
  lookUps = [],
}: QueuedItems): (QueuedUpdate | QueuedObjectUpdate | QueuedLink | QueuedLookup)[] {
  return [...updates, ...objectUpdates, ...links, ...lookUps]
}

/**
 * What one webhook request asks for, each with its place in it.
 * @param options.source whose links these are
 * @param options.hold ms that updates of its objects may wait for a link
 */
export function toQueuedItems(
  { updates, objectUpdates, links }: { updates: Update[]; objectUpdates: ObjectUpdate[]; links: Link[] },
  { source, receivedAt, hold }: { source: string; receivedAt: string; hold: number },
): QueuedItems {
  return {
    updates: updates.map((update, position) => ({ ...update, position })),
    objectUpdates: objectUpdates.map((update, position) => ({ ...update, position, hold })),
    links: links.map((link, position) => ({ source, receivedAt, ...link, position })),
  }
}

/** An attempt for one chat message, at `at` (epoch ms) or whenever it arrives. */
export function attemptMessage(messageId: string, at?: number): QueueMessage {
  return { version: 1, kind: 'attempt', messageId, ...(at !== undefined && { at }) }
}

/**
 * The body as it is queued. SQS refuses characters that XML doesn't know; of those, JSON leaves only U+FFFE and U+FFFF
 * unescaped.
 */
export function encode(message: z.input<typeof QueueMessage>): string {
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
