import * as z from 'zod'
import {
  type Attachment,
  bounds,
  type Change,
  type EventType,
  eventTypes,
  isWithinTimes,
  MessageId,
} from '../../state/changes.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import { type FieldError, fieldErrors } from '../source.ts'
import { eventTypeOf } from './event-types.ts'

/** An event in our own words, with the change that it asks for; links ask for none. */
export type GenericEvent = {
  type: EventType
  id?: string | undefined
  messageId?: string | undefined
  object?: string | undefined
  occurredAt?: string | undefined
  actor?: string | undefined
  change?: Change
  /** For links: whose object it is. */
  source?: string | undefined
}

/**
 * Reads an event of ours.
 * @param path where it stands in the payload, for the errors
 * @param options.bounded whether what is beyond the bounds is an error; otherwise it is read, and whoever asks for updates
 * leaves it out
 */
export function readGenericEvent(
  item: unknown,
  path: (string | number)[],
  { bounded }: { bounded: boolean },
): { event: GenericEvent } | { errors: FieldError[] } {
  const typed = z.looseObject({ type: z.string() }).safeParse(item)
  if (!typed.success) return { errors: fieldErrors(typed.error, path) }
  const type = eventTypeOf(typed.data.type)
  if (!type)
    return { errors: [{ path: [...path, 'type'].join('.'), message: `expected one of ${eventTypes.join(', ')}` }] }
  const parsed = (bounded ? boundedReaders : readers)[type].safeParse(item)
  return parsed.success ? { event: { ...parsed.data, type } } : { errors: fieldErrors(parsed.error, path) }
}

const Moment = z.iso
  .datetime({ offset: true, error: 'expected an ISO 8601 date and time with Z or an offset', abort: true })
  .refine(isWithinTimes, { error: 'expected a time between 1970 and 9999', abort: true })
  .transform((written) => new Date(written).toISOString())
/** What is no time is none. */
const AnyMoment = z.string().optional().catch(undefined).transform(parseTimestamp)

const BoundedMessageId = z.union([z.int().min(0).transform(String), MessageId], {
  error: 'expected a chat message: 1 to 64 letters, digits, _ or -, or a whole number that JSON carries exactly',
})
const AnyMessageId = z.union([BoundedMessageId, nonEmptyString()], { error: 'expected a chat message' })

const unbounded: Record<keyof typeof bounds, number> = {
  messageId: Number.POSITIVE_INFINITY,
  textBytes: Number.POSITIVE_INFINITY,
  emoji: Number.POSITIVE_INFINITY,
  name: Number.POSITIVE_INFINITY,
  filename: Number.POSITIVE_INFINITY,
  link: Number.POSITIVE_INFINITY,
}

/** What a sender leaves out may be null. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

type Reader = z.ZodType<Omit<GenericEvent, 'type'>>
const boundedReaders = readersWithin(bounds)
const readers = readersWithin(unbounded)

/** Each type's schema, and the change that an event of it asks for. */
function readersWithin(limits: Record<keyof typeof bounds, number>): Record<EventType, Reader> {
  const strict = limits === bounds
  /** Numbers are written as text. */
  const text = (min: number, max: number) =>
    z.union([z.string(), z.number().transform(String)], { error: 'expected text' }).pipe(z.string().min(min).max(max))
  const Name = text(1, limits.name)
  const Time = strict ? optional(Moment) : AnyMoment
  const common = {
    id: optional(Name),
    messageId: optional(strict ? BoundedMessageId : AnyMessageId),
    object: optional(Name),
    occurredAt: Time,
    actor: optional(Name),
  }
  const File = z
    .object({
      id: optional(Name),
      filename: nonEmptyString(limits.filename),
      filesize: optional(text(0, limits.name)),
      mimetype: optional(text(0, limits.name)),
      created: Time,
      googledownloadlink: optional(text(0, limits.link)),
    })
    .transform((file) => Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined)))
    .transform((file) => file as Attachment)
  const Text = z.string().refine((value) => Buffer.byteLength(value) <= limits.textBytes, {
    error: `expected at most ${limits.textBytes} bytes of UTF-8`,
  })

  const completed = (value: boolean): Reader =>
    z.object(common).transform((event) => ({ ...event, change: { kind: 'completed' as const, value } }))
  const reaction = (present: boolean): Reader =>
    z
      .object({ ...common, emoji: z.string().trim().pipe(nonEmptyString(limits.emoji)) })
      .transform(({ emoji, ...event }) => ({ ...event, change: { kind: 'reaction' as const, emoji, present } }))
  const attachment = (present: boolean): Reader =>
    z.object({ ...common, attachment: File }).transform(({ attachment: file, ...event }) => ({
      ...event,
      change: { kind: 'attachment' as const, attachment: file, present },
    }))
  const link: Reader = z.object({ ...common, object: Name, source: optional(Name) })
  return {
    'task.done': completed(true),
    'task.reopened': completed(false),
    'reaction.added': reaction(true),
    'reaction.removed': reaction(false),
    'text.edited': z
      .object({ ...common, text: Text })
      .transform(({ text: edited, ...event }) => ({ ...event, change: { kind: 'text' as const, text: edited } })),
    'attachment.added': attachment(true),
    'attachment.removed': attachment(false),
    'link.added': link,
    'link.removed': link,
  }
}
