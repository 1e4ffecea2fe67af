import { hash } from 'node:crypto'
import type { EventType } from '../../state/changes.ts'
import type { Source, SourceOptions } from '../source.ts'
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

/** What a system signs with: its secret, the time, and the source's URL as it knows it, without a chat message. */
export type Signing = { secret: string; now: Date; url: string }

/** The system that sends: how it signs, and the options of the source that it sends to. */
export type Sender<Options> = Signing & { options: Options }

/**
 * A webhook as its provider would send it.
 * `eventId`: the id that the bridge knows the event by. `path`: what stands in the URL behind the source's name.
 */
export type Sample = { eventId: string; headers: Record<string, string>; body: string; path: string }

/** How the systems of one kind say events. */
export type Samples<Options = SourceOptions, Type extends EventType = EventType> = {
  /** The events that they can say at all; `any` where they are our own, in whatever words. */
  types: readonly Type[] | 'any'
  /** The option without which a source with these ones doesn't take such an event. */
  needs?(type: Type, options: Options): object | undefined
  /** Loads what `write` needs. */
  ready?(): Promise<void>
  /** @returns the webhook, or what is missing in the event */
  write(event: SampleEvent<Type>, sender: Sender<Options>): Sample | string
}

/** The options of a source, by what implements its kind. */
export type OptionsOf<Kind> = Kind extends Source<infer Options> ? Options : never

export const json = { 'content-type': 'application/json' }

/** What an event's text says when nothing else is asked for. */
export const asked = 'Asked for in the chat'

/**
 * Where an event names its chat message: with a reference for the object's text, or else behind the source's URL.
 * @param counts whether what the text refers to counts
 */
export function naming({ messageId }: SampleEvent, counts: boolean): { reference: string; path: string } {
  if (messageId === undefined) return { reference: '', path: '' }
  const reference = `chatroom_message/${messageId}`
  // Where it ends like Markdown's emphasis, it would be read without its end.
  return counts && referencesIn(reference)[0] === messageId
    ? { reference, path: '' }
    : { reference: '', path: `/${encodeURIComponent(messageId)}` }
}

/** What people read of an object: a text, and below it the reference. */
export function paragraphs(...texts: (string | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n')
}

/** An id of 24 hexadecimal digits that a file keeps, so that it can be taken away again. */
export function idOf(filename: string): string {
  return hash('sha256', filename).slice(0, 24)
}
