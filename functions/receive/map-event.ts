import type * as z from 'zod'
import type { ChangeKind, NormalizedEvent, PathMessage } from '../sources/source.ts'
import { type Change, type EventType, type Link, ObjectUpdate, Update } from '../state/changes.ts'
import { QueuedLink } from '../state/queue-message.ts'

/** A person lists fewer, and each costs a write: what refers to more is a list of links, and no task. */
const mostReferences = 20

/** What one happening asks for, the chat messages that it names, and why some of it asks for nothing. */
export type MappedEvent = {
  messageIds: string[]
  updates: Update[]
  objectUpdates: ObjectUpdate[]
  links: Link[]
  reasons: string[]
}

/** Where a happening comes from, and what its source may change. */
export type MappingContext = { source: string; now: Date; meanings: ChangeKind[]; path: PathMessage | undefined }

/** What the answer says of one thing that was accepted: which chat message it is for, or which object while none is known. */
export type Accepted = { eventId: string; type: EventType } & ({ messageId: string } | { object: string })

const linkTypes = { true: 'link.added', false: 'link.removed' } as const
const nothing: MappedEvent = { messageIds: [], updates: [], objectUpdates: [], links: [], reasons: [] }

/**
 * What a happening asks for. A chat message that is named, in the URL or by the payload's own field, gets the change, and it
 * alone. References in the object's text get it too, and say what the object is linked to. Where nothing is named, the
 * change goes to the object as well, whose record passes it on to every chat message that it is linked to.
 */
export function mapEvent(happening: NormalizedEvent, from: MappingContext): MappedEvent {
  const { path } = from
  // Whatever its sender meant, it was not this: the references count no more than the URL.
  if (path && 'invalid' in path) return { ...nothing, reasons: ['the URL names what can be no chat message'] }
  const named = path ? [path.id] : happening.messageIds
  const found = happening.references ?? []
  const references = found.slice(0, mostReferences)
  const asked = happening.change
    ? askedByChange(happening, happening.change, { named, references }, from)
    : askedByLink(happening, happening.references ? references : named)
  if (found.length === references.length) return asked
  return {
    ...asked,
    reasons: [
      ...asked.reasons,
      `refers to more than ${mostReferences} chat messages: the first ${mostReferences} count`,
    ],
  }
}

/** What the answer says was accepted of it: each chat message once, or the object where no chat message is known. */
export function acceptedEntries(
  { eventId, type }: NormalizedEvent,
  { updates, objectUpdates, links }: MappedEvent,
): Accepted[] {
  const changed = new Set(updates.map(({ messageId }) => messageId))
  const onlyLinked = links.filter(({ messageId }) => !changed.has(messageId))
  return [
    ...updates.map(({ messageId }) => ({ eventId, type, messageId })),
    ...onlyLinked.map(({ present, messageId }) => ({ eventId, type: linkTypes[`${present}`], messageId })),
    ...(updates.length === 0 ? objectUpdates : []).map(({ object }) => ({ eventId, type, object })),
  ]
}

/** The same of a look-up. What it will say isn't known yet, so there is no type. */
export function acceptedLookup({
  eventId,
  object,
  messageId,
}: {
  eventId: string
  object: string
  messageId?: string
}) {
  return messageId === undefined ? { eventId, object } : { eventId, messageId }
}

/** A change, for the chat messages or for the object; and what the references teach, whether or not the change is wanted. */
function askedByChange(
  happening: NormalizedEvent,
  change: Change,
  { named, references }: { named: string[]; references: string[] },
  from: MappingContext,
): MappedEvent {
  const { object, reportOnly } = happening
  const messageIds = named.length > 0 ? named : references
  const taught = object === undefined ? nothing : askedByLinks(happening, object, references, true)
  const asked = { ...taught, messageIds }
  const mayNot = `${from.source} may not change ${change.kind} (option meanings)`
  const unwanted = reportOnly ?? (from.meanings.includes(change.kind) ? undefined : mayNot)
  if (unwanted !== undefined) return { ...asked, reasons: [unwanted, ...taught.reasons] }
  if (messageIds.length === 0 && object === undefined) {
    return { ...asked, reasons: ['names no chat message that its author may change'] }
  }
  const fields = fieldsOf(happening, change, from)
  const forMessages = messageIds.map((messageId) => ({ messageId, ...fields }))
  const forObject = named.length > 0 || object === undefined ? [] : [{ object, ...fields }]
  const [updates, objectUpdates] = [withinBounds(Update, forMessages), withinBounds(ObjectUpdate, forObject)]
  const reasons = new Set([...updates.reasons, ...objectUpdates.reasons, ...taught.reasons])
  return { ...asked, updates: updates.values, objectUpdates: objectUpdates.values, reasons: [...reasons] }
}

/** A link that was said. Without an object it is beyond the bounds. */
function askedByLink(happening: NormalizedEvent, messageIds: string[]): MappedEvent {
  const { type, object = '', reportOnly } = happening
  if (reportOnly !== undefined) return { ...nothing, messageIds, reasons: [reportOnly] }
  return askedByLinks(happening, object, messageIds, type === 'link.added')
}

/** What an update and an object's update have alike. */
function fieldsOf({ eventId, occurredAt, actor }: NormalizedEvent, change: Change, { source, now }: MappingContext) {
  const when = { ...(occurredAt !== undefined && { occurredAt }), receivedAt: now.toISOString() }
  return { eventId, source, ...when, ...(actor !== undefined && { actor }), change }
}

/** Links between the object and each of the chat messages. */
function askedByLinks(happening: NormalizedEvent, object: string, messageIds: string[], present: boolean): MappedEvent {
  const { eventId, occurredAt, objectOf } = happening
  const when = occurredAt !== undefined && { occurredAt }
  const source = objectOf !== undefined && { source: objectOf }
  const said = messageIds.map((messageId) => ({ ...source, object, messageId, present, eventId, ...when }))
  const { values: links, reasons } = withinBounds(LinkAsked, said)
  return { ...nothing, messageIds, links, reasons }
}

/** A link as the queue's reader wants it, but for what the queue adds. */
const LinkAsked = QueuedLink.omit({ receivedAt: true, position: true }).partial({ source: true })

/** What keeps the bounds, and which fields of the rest don't. */
function withinBounds<T>(schema: z.ZodType, asked: T[]): { values: T[]; reasons: string[] } {
  const values: T[] = []
  const beyond = new Set<string>()
  for (const each of asked) {
    const { error } = schema.safeParse(each)
    if (error) beyond.add(`${error.issues[0]?.path.join('.')} is beyond the bounds`)
    else values.push(each)
  }
  return { values, reasons: [...beyond] }
}
