import * as z from 'zod'
import type { Change, EventType } from '../state/changes.ts'
import type { Lookup } from '../state/lookup.ts'

/** One HTTP request of a sender. Header names are lower-case; the body is what came over the wire. */
export type WebhookRequest = {
  method: string
  url: string
  headers: Record<string, string>
  body: Uint8Array
}

/** What a source is verified with: every secret that may be valid now, the time, and how the outside calls the bridge. */
export type ReceiveContext = { secrets: string[]; now: Date; publicUrl?: string | undefined }

/** What the URL says after `/webhooks/{source}/`: a chat message, or something that can't be one. */
export type PathMessage = { id: string } | { invalid: true }

/** What an interpretation may depend on beside the request itself. */
export type InterpretContext = { now: Date; path?: PathMessage | undefined }

/** An HTTP answer. */
export type Response = { status: number; headers?: Record<string, string>; body?: string }

/** Whether the request comes from the system that the source stands for. */
export type Verdict = { kind: 'verified' } | { kind: 'refused'; detail: string }

/** The secret that a handshake brings, and how the sender is told that it was taken. */
export type Learned = { secret: string; response: Response }

/** One thing that happened, in our words. */
export type NormalizedEvent = {
  eventId: string
  type: EventType
  /** As `Date.toISOString` writes it. */
  occurredAt?: string | undefined
  actor?: string | undefined
  /** Absent for links. */
  change?: Change | undefined
  /** The source's own id of what it happened to. */
  object?: string | undefined
  /** For links: the name of the source whose object it is, where that is not the sender. */
  objectOf?: string | undefined
  /** The chat messages that the payload's own field names. */
  messageIds: string[]
  /**
   * The chat messages that the object's text refers to, where its author's word counts; they are what the object is linked
   * to. A happening of type link.added without a change says just that.
   */
  references?: string[]
  /** Why this is reported and never changes a chat message. */
  reportOnly?: string
}

/** One thing that happened of which the payload doesn't say enough: what the provider's API is asked about its object. */
export type IncompleteEvent = Pick<Lookup, 'eventId' | 'object' | 'occurredAt' | 'asks' | 'modifies'>

/** What a payload says: what happened and what was left out, or what is wrong with it. */
export type Interpretation =
  | {
      kind: 'understood'
      events: NormalizedEvent[]
      ignored: Ignored[]
      /** Only of a source whose options say that its provider may be asked. */
      incomplete?: IncompleteEvent[]
      /** Writes the answer where the sender shows it to people, by how much was accepted and why the rest was not. */
      answer?: (outcome: { accepted: number; reasons: string[] }) => Response
    }
  | { kind: 'invalid'; errors: FieldError[] }
  /** A handshake that stands in the payload. */
  | { kind: 'answered'; response: Response }
type Ignored = { eventId?: string; reason: string }
export type FieldError = { path: string; message: string }

/** What a source may change; everything it says is reported, whatever stands here. */
export const ChangeKind = z.enum(['completed', 'reaction', 'text', 'attachment'])
export type ChangeKind = z.infer<typeof ChangeKind>

/**
 * A kind of source. To add one: write a file beside this one that exports a `Source`, name it in index.ts, put payloads of
 * the provider into test/fixtures, say in test/sources/kinds what they say and how they are proven, and show in
 * operator/samples what its systems send.
 */
export type Source<Options extends SourceOptions = SourceOptions> = {
  /** The settings of a source of this kind, strict: a misspelt option must show. */
  options: z.ZodType<Options>
  /** For a sender that counts no other status as success: answered where others get 202. */
  success?: 200
  /** What a request that isn't proven to be the sender's gets, where a 401 would make the sender give up the webhook. */
  refusal?: 403
  /**
   * Answers a request by which a sender asks whether anybody is there, of any method. It proves nothing, so it is answered
   * before there is a secret.
   */
  handshake?(request: WebhookRequest): Response | undefined
  /** The handshake by which a sender brings the secret that it will sign with, and the answer to it where that is taken. */
  learn?(request: WebhookRequest): Learned | undefined
  /** Says who sent it, over the bytes as they came; constant time in everything secret. */
  authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict
  /** Loads what `interpret` needs and other kinds don't, such as a table; awaited before the first one. */
  ready?(): Promise<void>
  /** The JSON text that a body of another content type carries; undefined when it carries none. */
  unwrap?(request: WebhookRequest): string | undefined
  /**
   * Says what the payload means. What says nothing for us is ignored, never an error; a chat message that the URL names
   * goes before those that the payload names.
   */
  interpret(json: unknown, request: WebhookRequest, options: Options, context: InterpretContext): Interpretation
}

/** The settings that every kind has. */
export function sourceOptions<Kind extends string>(kind: Kind, meanings: ChangeKind[]) {
  return z.strictObject({
    name: z.string(),
    kind: z.literal(kind),
    meanings: z.array(ChangeKind).default(meanings),
    /** Days that what happens to an object waits for a link of it; 0: not at all. */
    hold: z.number().min(0).max(365).default(7),
  })
}
export type SourceOptions = { name: string; kind: string; meanings: ChangeKind[]; hold: number }

/** A header's value; an empty one counts as missing. */
export function header(request: WebhookRequest, name: string): string | undefined {
  return request.headers[name]?.trim() || undefined
}

/** The interpretation of a payload that says what happened, and nothing else. */
export function understood(...events: NormalizedEvent[]): Interpretation {
  return { kind: 'understood', events, ignored: [] }
}

/** The interpretation of a payload that says nothing for us. */
export function ignored(reason: string, eventId?: string): Interpretation {
  return { kind: 'understood', events: [], ignored: [{ ...(eventId !== undefined && { eventId }), reason }] }
}

/** Whether a text can be a secret that a sender brings: safe in a header and a terminal. */
export function isSecret(text: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(text)
}

/** zod's issues, as a problem shows them: where and what, never the value. */
export function fieldErrors(error: z.ZodError, prefix: (string | number)[] = []): FieldError[] {
  return error.issues.map(({ path, message }) => ({ path: [...prefix, ...path].map(String).join('.'), message }))
}
