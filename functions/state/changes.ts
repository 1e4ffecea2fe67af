import * as z from 'zod'

/** The bounds of what an event may carry; the ERP page names none, these keep a record and a queue message small. */
export const bounds = {
  messageId: 64,
  textBytes: 64 * 1024,
  emoji: 64,
  name: 256,
  filename: 512,
  link: 2048,
} as const

/**
 * The identifier of a chat message, as it stands in the ERP's path. A number is written canonically, so that `042`, `42`
 * and the JSON number 42 are one chat message and not three.
 */
export const MessageId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -')
  .transform((id) => id.replace(/^0+(?=\d+$)/, ''))

const Emoji = z.string().min(1).max(bounds.emoji)
const Text = z.string().refine((text) => new TextEncoder().encode(text).length <= bounds.textBytes, {
  error: `expected at most ${bounds.textBytes} bytes of UTF-8`,
})
/** A name that somebody else chose: opaque, and bounded. */
export const Name = z.string().min(1).max(bounds.name)

const latest = Date.UTC(9999, 11, 31)
/** Whether something may have happened at a time: one that lies between 1970 and 9999. */
export function isWithinTimes(written: string): boolean {
  const time = Date.parse(written)
  return time >= 0 && time < latest
}
/** A moment, written as `Date.toISOString` does. */
export const Instant = z.iso.datetime({ precision: 3 })
/** The moment at which something happened. */
export const Occurred = Instant.refine(isWithinTimes)

/** Metadata of a file. The ERP's five fields, and the link that its example carries; `id` is the sender's own and never leaves the bridge. */
export const Attachment = z.object({
  id: Name.optional(),
  filename: z.string().min(1).max(bounds.filename),
  filesize: z.string().max(bounds.name).optional(),
  mimetype: z.string().max(bounds.name).optional(),
  created: z.iso.datetime({ offset: true }).refine(isWithinTimes).optional(),
  googledownloadlink: z.string().max(bounds.link).optional(),
})
export type Attachment = z.infer<typeof Attachment>

/** What shall be true of a chat message. */
export const Change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed'), value: z.boolean() }),
  z.strictObject({ kind: z.literal('reaction'), emoji: Emoji, present: z.boolean() }),
  z.strictObject({ kind: z.literal('text'), text: Text }),
  z.strictObject({ kind: z.literal('attachment'), attachment: z.strictObject(Attachment.shape), present: z.boolean() }),
])
export type Change = z.infer<typeof Change>

const asked = {
  eventId: Name,
  source: Name,
  occurredAt: Occurred.optional(),
  receivedAt: Instant,
  actor: Name.optional(),
  change: Change,
}

/** The change that an event asks of one chat message. */
export const Update = z.strictObject({ messageId: MessageId, ...asked })
export type Update = z.infer<typeof Update>

/** The same, for an object of the source that links tie to chat messages. */
export const ObjectUpdate = z.strictObject({ object: Name, ...asked })
export type ObjectUpdate = z.infer<typeof ObjectUpdate>

/** What an event may be; the words of the generic source, used for every source. */
export const eventTypes = [
  'task.done',
  'task.reopened',
  'reaction.added',
  'reaction.removed',
  'text.edited',
  'attachment.added',
  'attachment.removed',
  'link.added',
  'link.removed',
] as const
export type EventType = (typeof eventTypes)[number]

/** Says that an object is a chat message, or no longer is. `source`: whose object, where it is not the sender's. */
export type Link = {
  source?: string
  object: string
  messageId: string
  present: boolean
  eventId: string
  occurredAt?: string
}
