import { hash } from 'node:crypto'
import * as z from 'zod'
import { Attachment, bounds, type Change, type EventType, eventTypes, MessageId } from '../core/update.ts'
import { unwrapCloudEvent } from './cloudevents.ts'
import { standardWebhooksFailure, verifyBearer, verifyHmac } from './signature.ts'
import {
  type FieldError,
  fieldErrors,
  type Happening,
  header,
  type Interpretation,
  type InterpretContext,
  type PathMessage,
  type ReceiveContext,
  type Source,
  sourceOptions,
  type Verdict,
  type WebhookRequest,
} from './source.ts'

const Options = sourceOptions('generic', ['completed', 'reaction', 'text', 'attachment']).extend({
  /** Takes only this authentication instead of whichever a request carries. */
  authentication: z.enum(['standard-webhooks', 'hmac', 'bearer']).optional(),
  /** Which header carries the plain HMAC. */
  signatureHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/)
    .toLowerCase()
    .default('x-signature-256'),
  /** The other sources whose objects it may link to chat messages; its own it always may. */
  linksFor: z.array(z.string()).default([]),
})
type Options = z.infer<typeof Options>

/** A sender mends a mistake that it makes everywhere in one place: more errors would only make the answer longer. */
const mostErrors = 20

/** What any home-made system sends: our own event, one or an array, signed in one of three ways. */
export const generic: Source<Options> = { options: Options, authenticate, interpret }

function authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const failures = {
    'standard-webhooks': () => {
      const signature = header(request, 'webhook-signature')
      return signature === undefined
        ? 'missing'
        : standardWebhooksFailure(
            request.body,
            { id: header(request, 'webhook-id'), timestamp: header(request, 'webhook-timestamp'), signature },
            context.secrets,
            context.now,
          )
    },
    hmac: () => {
      const signature = header(request, options.signatureHeader)
      if (signature === undefined) return 'missing'
      return verifyHmac(request.body, signature, context.secrets)
        ? undefined
        : `${options.signatureHeader} does not match: expected sha256= and the hex HMAC-SHA256 of the raw body.`
    },
    bearer: () => {
      const [, token] = /^Bearer(?:\s+(.*))?$/i.exec(header(request, 'authorization') ?? '') ?? []
      if (header(request, 'authorization') === undefined) return 'missing'
      return token !== undefined && verifyBearer(token, context.secrets)
        ? undefined
        : 'authorization is not Bearer with a secret of this source.'
    },
  } satisfies Record<NonNullable<Options['authentication']>, () => string | undefined>

  const taken = options.authentication ? [failures[options.authentication]] : Object.values(failures)
  const verdicts = taken.map((failure) => failure()).filter((verdict) => verdict !== 'missing')
  if (verdicts.length === 0) {
    return {
      kind: 'refused',
      detail: `The request carries no ${options.authentication ?? 'signature and no bearer token'}.`,
    }
  }
  const failed = verdicts.find((verdict) => verdict !== undefined)
  return failed === undefined ? { kind: 'verified' } : { kind: 'refused', detail: failed }
}

function interpret(
  json: unknown,
  request: WebhookRequest,
  options: Options,
  context: InterpretContext,
): Interpretation {
  const isArray = Array.isArray(json)
  const happenings: Happening[] = []
  const errors: FieldError[] = []
  for (const [index, item] of (isArray ? json : [json]).entries()) {
    const at = isArray ? [index] : []
    const parsed = readEvent(unwrapCloudEvent(item, request), at)
    const failures = 'errors' in parsed ? parsed.errors : namingFailures(parsed.event, context.path, at)
    errors.push(...failures)
    if (errors.length >= mostErrors) break
    if ('errors' in parsed || failures.length > 0) continue
    const { id, type, occurredAt, actor, change, object, messageId, source } = parsed.event
    const eventId = id ?? deriveId(item, occurredAt, isArray ? index : undefined, request, context)
    const messageIds = messageId === undefined ? [] : [messageId]
    happenings.push({ eventId, type, occurredAt, actor, change, object, messageIds, ...ownerOf(source, options) })
  }
  return errors.length > 0 ? { kind: 'invalid', errors } : { kind: 'understood', happenings, ignored: [] }
}

/** Whose object a link is of: the sender's, or that of a source which it may link. */
function ownerOf(source: string | undefined, { name, linksFor }: Options): Pick<Happening, 'objectOf' | 'reportOnly'> {
  if (source === undefined || source === name) return {}
  if (linksFor.includes(source)) return { objectOf: source }
  return { reportOnly: `${name} may not link objects of another source (option linksFor)` }
}

/** The chat message stands in the URL, in the event or in both alike; without one, the object may be linked to some. */
function namingFailures(event: Event, path: PathMessage | undefined, at: (string | number)[]): FieldError[] {
  if (path && 'invalid' in path)
    return [{ path: 'url', message: 'expected a chat message of 1 to 64 letters, digits, _ or -' }]
  const messageId = [...at, 'messageId'].join('.')
  if (path && event.messageId !== undefined && event.messageId !== path.id) {
    return [{ path: messageId, message: 'expected the chat message that the URL names, or none' }]
  }
  const isLink = event.change === undefined
  if (!path && event.messageId === undefined && isLink) {
    return [{ path: messageId, message: 'expected messageId, here or in the URL' }]
  }
  if (!path && event.messageId === undefined && event.object === undefined) {
    return [{ path: messageId, message: 'expected messageId, here or in the URL, or object' }]
  }
  return []
}

/**
 * The id of an event that its sender gave none. The signed delivery id, else what it says when it says when; an event with
 * neither can't be told from the same thing happening once more, and counts as that.
 */
function deriveId(
  item: unknown,
  occurredAt: string | undefined,
  index: number | undefined,
  request: WebhookRequest,
  { now }: InterpretContext,
): string {
  const delivery = header(request, 'webhook-signature') && header(request, 'webhook-id')
  if (delivery) {
    const id = index === undefined ? delivery : `${delivery}/${index}`
    return id.length <= bounds.name ? id : digest([id])
  }
  return occurredAt === undefined ? digest([now.getTime(), index ?? 0, item]) : digest([item])
}

function digest(parts: unknown[]): string {
  return `evt_${hash('sha256', JSON.stringify(parts), 'base64url').slice(0, 22)}`
}

/** Numbers are written as text; what a sender leaves out may be null. */
const Name = z
  .union([z.string(), z.number().transform(String)], { error: 'expected text' })
  .pipe(z.string().min(1).max(bounds.name))
const text = (max: number) =>
  z.union([z.string(), z.number().transform(String)], { error: 'expected text' }).pipe(z.string().max(max))
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined)
}

const GenericMessageId = z.union([z.int().min(0).transform(String), MessageId], {
  error: 'expected a chat message: 1 to 64 letters, digits, _ or -, or a whole number that JSON carries exactly',
})

const latest = Date.UTC(9999, 11, 31)
const Moment = z.iso
  .datetime({ offset: true, error: 'expected an ISO 8601 date and time with Z or an offset', abort: true })
  .refine((written) => Date.parse(written) >= 0 && Date.parse(written) < latest, {
    error: 'expected a time between 1970 and 9999',
    abort: true,
  })
  .transform((written) => new Date(written).toISOString())

const common = {
  id: optional(Name),
  messageId: optional(GenericMessageId),
  object: optional(Name),
  occurredAt: optional(Moment),
  actor: optional(Name),
}
const Emoji = z.string().trim().min(1).max(bounds.emoji)
const File = z
  .object({
    id: optional(Name),
    filename: Attachment.shape.filename,
    filesize: optional(text(bounds.name)),
    mimetype: optional(text(bounds.name)),
    created: optional(Moment),
    googledownloadlink: optional(text(bounds.link)),
  })
  .transform((file) =>
    Attachment.parse(Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined))),
  )

const task = z.object(common)
const reaction = z.object({ ...common, emoji: Emoji })
const attachment = z.object({ ...common, attachment: File })
const link = z.object({ ...common, object: Name, source: optional(Name) })

type Event = z.infer<typeof task> & { type: EventType; change?: Change; source?: string | undefined }

/** Each type's schema, and the change that an event of it asks for. */
const readers: Record<EventType, z.ZodType<Omit<Event, 'type'>>> = {
  'task.done': task.transform((event) => ({ ...event, change: { kind: 'completed' as const, value: true } })),
  'task.reopened': task.transform((event) => ({ ...event, change: { kind: 'completed' as const, value: false } })),
  'reaction.added': reaction.transform(({ emoji, ...event }) => ({
    ...event,
    change: { kind: 'reaction' as const, emoji, present: true },
  })),
  'reaction.removed': reaction.transform(({ emoji, ...event }) => ({
    ...event,
    change: { kind: 'reaction' as const, emoji, present: false },
  })),
  'text.edited': z
    .object({
      ...common,
      text: z.string().refine((value) => Buffer.byteLength(value) <= bounds.textBytes, {
        error: `expected at most ${bounds.textBytes} bytes of UTF-8`,
      }),
    })
    .transform(({ text: edited, ...event }) => ({ ...event, change: { kind: 'text' as const, text: edited } })),
  'attachment.added': attachment.transform(({ attachment: file, ...event }) => ({
    ...event,
    change: { kind: 'attachment' as const, attachment: file, present: true },
  })),
  'attachment.removed': attachment.transform(({ attachment: file, ...event }) => ({
    ...event,
    change: { kind: 'attachment' as const, attachment: file, present: false },
  })),
  'link.added': link,
  'link.removed': link,
}

function readEvent(item: unknown, path: (string | number)[]): { event: Event } | { errors: FieldError[] } {
  const typed = z.looseObject({ type: z.string() }).safeParse(item)
  if (!typed.success) return { errors: fieldErrors(typed.error, path) }
  const type = typeOf(typed.data.type)
  if (!type)
    return { errors: [{ path: [...path, 'type'].join('.'), message: `expected one of ${eventTypes.join(', ')}` }] }
  const parsed = readers[type].safeParse(item)
  return parsed.success ? { event: { ...parsed.data, type } } : { errors: fieldErrors(parsed.error, path) }
}

/** Spellings that people write, without case and separators. */
const spellings: Record<EventType, string[]> = {
  'task.done': [
    'done',
    'complete',
    'completed',
    'taskcomplete',
    'taskcompleted',
    'closed',
    'taskclosed',
    'finished',
    'taskfinished',
    'resolved',
    'taskresolved',
  ],
  'task.reopened': [
    'reopen',
    'reopened',
    'taskreopen',
    'undone',
    'taskundone',
    'uncompleted',
    'taskuncompleted',
    'incomplete',
    'taskincomplete',
  ],
  'reaction.added': ['react', 'reacted', 'reaction', 'reactionadd', 'addreaction', 'addedreaction'],
  'reaction.removed': [
    'unreact',
    'unreacted',
    'reactionremove',
    'removereaction',
    'removedreaction',
    'reactiondeleted',
  ],
  'text.edited': ['edit', 'edited', 'textedit', 'edittext', 'textchanged', 'textupdated', 'messageedited'],
  'attachment.added': [
    'attach',
    'attached',
    'attachment',
    'attachmentadd',
    'addattachment',
    'addedattachment',
    'fileadded',
  ],
  'attachment.removed': [
    'detach',
    'detached',
    'attachmentremove',
    'removeattachment',
    'removedattachment',
    'attachmentdeleted',
    'fileremoved',
  ],
  'link.added': ['link', 'linked', 'linkadd', 'addlink'],
  'link.removed': ['unlink', 'unlinked', 'linkremove', 'removelink'],
}
const typeBySpelling = new Map(
  eventTypes.flatMap((type) => [squeeze(type), ...spellings[type]].map((spelling) => [spelling, type] as const)),
)

function typeOf(written: string): EventType | undefined {
  return typeBySpelling.get(squeeze(written))
}

function squeeze(written: string): string {
  return written.toLowerCase().replace(/[\s._:/-]+/g, '')
}
