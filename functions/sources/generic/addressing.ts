import * as z from 'zod'
import type { FieldError, NormalizedEvent, PathMessage } from '../source.ts'
import type { GenericEvent } from './event.ts'

export const addressingOptions = {
  /** The other sources whose objects it may link to chat messages; its own it always may. */
  linksFor: z.array(z.string()).default([]),
}
type Options = { name: string; linksFor: string[] }

/** What happened, by an event of ours. */
export function toNormalizedEvent(event: GenericEvent, eventId: string, options: Options): NormalizedEvent {
  const { type, occurredAt, actor, change, object, messageId, source } = event
  const messageIds = messageId === undefined ? [] : [messageId]
  return { eventId, type, occurredAt, actor, change, object, messageIds, ...ownerOf(source, options) }
}

/** Whose object a link is of: the sender's, or that of a source which it may link. */
function ownerOf(
  source: string | undefined,
  { name, linksFor }: Options,
): Pick<NormalizedEvent, 'objectOf' | 'reportOnly'> {
  if (source === undefined || source === name) return {}
  if (linksFor.includes(source)) return { objectOf: source }
  return { reportOnly: `${name} may not link objects of another source (option linksFor)` }
}

/** Whether URL and event name different chat messages. */
export function contradiction(
  { messageId }: Pick<GenericEvent, 'messageId'>,
  path: PathMessage | undefined,
  at: (string | number)[],
): FieldError[] {
  if (!path || 'invalid' in path || messageId === undefined || messageId === path.id) return []
  return [{ path: [...at, 'messageId'].join('.'), message: 'expected the chat message that the URL names, or none' }]
}

/** The chat message stands in the URL, in the event or in both alike; without one, the object may be linked to some. */
export function addressingErrors(
  event: GenericEvent,
  path: PathMessage | undefined,
  at: (string | number)[],
): FieldError[] {
  if (path && 'invalid' in path)
    return [{ path: 'url', message: 'expected a chat message of 1 to 64 letters, digits, _ or -' }]
  if (path || event.messageId !== undefined) return contradiction(event, path, at)
  const messageId = [...at, 'messageId'].join('.')
  if (event.change === undefined) return [{ path: messageId, message: 'expected messageId, here or in the URL' }]
  if (event.object === undefined) {
    return [{ path: messageId, message: 'expected messageId, here or in the URL, or object' }]
  }
  return []
}
