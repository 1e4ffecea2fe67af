import { hash } from 'node:crypto'
import type { EventType } from '../../state/changes.ts'
import type { Source, SourceOptions } from '../source.ts'
import { type HmacScheme, hmacHeaders } from './hmac.ts'
import { referencesIn } from './references.ts'

/** An event to send, in the words of the generic source. */
export type SampleEvent<Type extends string = string> = {
  id: string
  type: Type
  messageId?: string
  /** As `Date.toISOString` writes it. */
  occurredAt: string
  actor?: string
  object?: string
  emoji?: string
  text?: string
  attachment?: { filename: string }
} & Record<string, unknown>

/** The sending system: its secret, the time, and the source's URL as the system knows it, without a chat message. */
export type Signing = { secret: string; now: Date; url: string }

/** The sending system, and the options of the source that it sends to. */
export type Sender<Options> = Signing & { options: Options }

/**
 * A webhook as its provider would send it.
 * `eventId`: the id that the bridge knows the event by. `path`: what follows the source's name in the URL.
 */
export type Sample = { eventId: string; headers: Record<string, string>; body: string; path: string }

/** How the systems of one kind send events. */
export type Samples<Options = SourceOptions, Type extends EventType = EventType> = {
  /** The events that they can send; `any` where they send our own event. */
  types: readonly Type[] | 'any'
  /** The option that a source needs to take such an event, where it lacks it. */
  needs?(type: Type, options: Options): object | undefined
  /** Loads what `write` needs. */
  ready?(): Promise<void>
  /** @returns the webhook, or what the event lacks */
  write(event: SampleEvent<Type>, sender: Sender<Options>): Sample | string
}

/** The options of a kind, by its implementation. */
export type OptionsOf<Kind> = Kind extends Source<infer Options> ? Options : never

/** The text of an event where none is given. */
export const defaultText = 'Asked for in the chat'

/** The `needs` of a kind whose objects are linked by references: they must count. */
export function needsReferences(type: EventType, { references }: { references: string }, value = 'everyone') {
  return type === 'link.added' && references === 'none' ? { references: value } : undefined
}

/**
 * Where an event names its chat message: by a reference in the object's text, or in the URL behind the source's name.
 * @param counts whether references in that text count
 */
export function naming({ messageId }: SampleEvent, counts: boolean): { reference: string; path: string } {
  if (messageId === undefined) return { reference: '', path: '' }
  const reference = `chatroom_message/${messageId}`
  // An id that ends like Markdown's emphasis would be read without its end.
  return counts && referencesIn(reference)[0] === messageId
    ? { reference, path: '' }
    : { reference: '', path: `/${encodeURIComponent(messageId)}` }
}

/** A description: a text, and below it the reference. */
export function paragraphs(...texts: (string | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n')
}

/** An id of 24 hexadecimal digits that a file keeps, so that it can be removed again. */
export function idOf(filename: string): string {
  return hash('sha256', filename).slice(0, 24)
}

/**
 * Writes a webhook with a JSON body.
 * @param proof makes the headers that prove the body
 */
export function jsonSample(
  payload: unknown,
  eventId: string,
  proof: (body: string) => Record<string, string>,
  { path = '', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Sample {
  const body = JSON.stringify(payload)
  return { eventId, headers: { 'content-type': 'application/json', ...headers, ...proof(body) }, body, path }
}

/** The proof by an HMAC scheme, for `jsonSample`. */
export function hmacProof(scheme: HmacScheme, { secret, now }: Pick<Signing, 'secret' | 'now'>, id: string) {
  return (body: string) => hmacHeaders(body, scheme, { secret, now, id })
}
