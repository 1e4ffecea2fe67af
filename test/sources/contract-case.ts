import type { WebhookRequest } from '../../functions/sources/source.ts'
import type { EventType } from '../../functions/state/changes.ts'

/** A webhook that a provider sends: its payload, headers that say what the payload doesn't, and options that it is for. */
export type Example = {
  payload: Record<string, unknown>
  headers?: Record<string, string>
  options?: Record<string, unknown>
}

/** One way in which webhooks of a kind are proven, and what that covers. */
export type Proof = {
  /** The request as its provider sends it at noon; a payload of bytes is sent as it stands. */
  request(payload: unknown, sending: { key: string; url: string }): WebhookRequest | Promise<WebhookRequest>
  /**
   * For how many seconds before noon, if that is asked, and after noon it holds; one that signs no time has none. A time
   * that stands in the body is missed where the body has another form.
   */
  holds?: { before?: number; after: number; isInBody?: true }
  /** Whether the body may be no other, or just the proof that stands in it, and whether the URL may be none. */
  covers: { body: boolean | 'only itself'; url: boolean }
  /** The headers that may say anything, beside the content type. */
  uncovered: string[]
}

/** What the contract table knows of a kind of source. */
export type Kind = {
  /** The options of its source beside name and kind. */
  options?: Record<string, unknown>
  /** The first is the one that the cases about payloads are proven by. */
  proofs: Record<string, Proof>
  /** The status of what is accepted. */
  accepted: 200 | 202
  /** The status of what isn't proven. */
  refused: 401 | 403
  /** What it may change unless an option says otherwise. */
  changes: string[]
  /**
   * The webhook that says each type of event, of chat message 42 or 43 where it names one; `never` where the provider has
   * none. What is only reported never changes a chat message, whatever the options say.
   */
  says: Record<EventType, (Example & { onlyReported?: true }) | 'never'>
  /** How the sender asks whether anybody is there, and what it wants to hear. */
  handshake?: { request: WebhookRequest; response: { status: number; body?: string } }
  /** A webhook of a known form that asks for nothing. */
  ignored: Example
  /** JSON of a form that isn't known. */
  unknown: (Example & { status: 200 | 422 })[]
  /** A webhook that says a text, and the event that it is read as; absent where it sends ids only. */
  tells?(text: string): Example & { event: object }
  /** A webhook of what happened at a moment (epoch ms); `untimed` where none says when. */
  happened: ((moment: number) => Example) | 'untimed'
  /** Whether a time beyond the bounds is an error, as a mistake that its author shall see. */
  isStrict?: true
}

/** The proof that the cases about payloads are sent with. */
export function firstProof({ proofs }: Kind): Proof {
  const [proof] = Object.values(proofs)
  if (!proof) throw new Error('expected a proof')
  return proof
}

/** An HMAC of the body alone. */
export const overBody = { covers: { body: true, url: false } }
/** A proof that a time is signed in, which Standard Webhooks and Slack's guide let be off by five minutes. */
export const fiveMinutes = { holds: { before: 300, after: 300 } }

/** Of a kind that sends ids only. */
export const saysNothing: Kind['says'] = {
  'task.done': 'never',
  'task.reopened': 'never',
  'reaction.added': 'never',
  'reaction.removed': 'never',
  'text.edited': 'never',
  'attachment.added': 'never',
  'attachment.removed': 'never',
  'link.added': 'never',
  'link.removed': 'never',
}

/** What all kinds but generic may change by default. */
export const tasksAndReactions = ['completed', 'reaction']

/** JSON that no provider sends. */
export const party = { party: { guests: [1, null, 'ü', {}], 'constructor ': [] } }

export function iso(moment: number): string {
  return new Date(moment).toISOString()
}
