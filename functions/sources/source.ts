import * as z from 'zod'
import type { Change, EventType } from '../state/changes.ts'
import type { Lookup } from '../state/lookup.ts'

/** One HTTP request of a sender. Header names are lower-case; the body is the bytes as received. */
export type WebhookRequest = {
  method: string
  url: string
  headers: Record<string, string>
  body: Uint8Array
}

/** What a request is verified with: all secrets that may be valid now, the time, and the bridge's public URL. */
export type ReceiveContext = { secrets: string[]; now: Date; publicUrl?: string | undefined }

/** What follows `/webhooks/{source}/` in the URL: a chat message, or something that can't be one. */
export type PathMessage = { id: string } | { invalid: true }

/** What an interpretation may depend on besides the request. */
export type InterpretContext = { now: Date; path?: PathMessage | undefined }

/** An HTTP answer. */
export type Response = { status: number; headers?: Record<string, string>; body?: string }

/** Whether the request comes from the system that the source stands for. */
export type Verdict = { kind: 'verified' } | { kind: 'refused'; detail: string }
export const verified: Verdict = { kind: 'verified' }
export function refused(detail: string): Verdict {
  return { kind: 'refused', detail }
}

/** The secret that a handshake brings, and the answer that accepts it. */
export type Learned = { secret: string; response: Response }

/** One event, in our words. */
export type NormalizedEvent = {
  eventId: string
  type: EventType
  /** As `Date.toISOString` writes it. */
  occurredAt?: string | undefined
  actor?: string | undefined
  /** Absent for links. */
  change?: Change | undefined
  /** The source's own id of the object. */
  object?: string | undefined
  /** For links: the name of the source that has the object, where that is not the sender. */
  objectOf?: string | undefined
  /** The chat messages that a field of the payload names. */
  messageIds: string[]
  /**
   * The chat messages that the object's text refers to, where its author's word counts. The object is linked to them. An
   * event of type link.added without a change says only that.
   */
  references?: string[]
  /** Why this event is reported and never changes a chat message. */
  reportOnly?: string
}

/** An event whose payload doesn't say enough: what the provider's API is asked about its object. */
export type IncompleteEvent = Pick<Lookup, 'eventId' | 'object' | 'occurredAt' | 'asks' | 'modifies'>

/** What a payload says: events and what was ignored, or what is wrong with it. */
export type Interpretation =
  | {
      kind: 'understood'
      events: NormalizedEvent[]
      ignored: Ignored[]
      /** Only of a source whose options allow look-ups. */
      incomplete?: IncompleteEvent[]
      /** Writes the answer where the sender shows it to people. */
      answer?: (outcome: { accepted: number; reasons: string[] }) => Response
    }
  | { kind: 'invalid'; errors: FieldError[] }
  /** A handshake inside the payload. */
  | { kind: 'answered'; response: Response }
type Ignored = { eventId?: string; reason: string }
export type FieldError = { path: string; message: string }

/** What a source may change. Events of other kinds are reported all the same. */
export const ChangeKind = z.enum(['completed', 'reaction', 'text', 'attachment'])
export type ChangeKind = z.infer<typeof ChangeKind>

/** A kind of source. `docs/sources.md`, "Add a source", says how to add one. */
export type Source<Options extends SourceOptions = SourceOptions> = {
  /** The settings of a source of this kind, strict: a misspelt option must show. */
  options: z.ZodType<Options>
  /** The status instead of 202, for a sender that counts no other as success. */
  success?: 200
  /** The status instead of 401, for a sender that gives up a webhook on 401. */
  refusal?: 403
  /**
   * Answers a request by which a sender asks whether the bridge is there, of any method. It proves nothing, so it is
   * answered before there is a secret.
   */
  handshake?(request: WebhookRequest): Response | undefined
  /** Takes the secret that the sender will sign with from its handshake. */
  learn?(request: WebhookRequest): Learned | undefined
  /** Verifies the sender, over the bytes as received. Compares secrets in constant time. */
  authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict
  /** Loads what `interpret` needs, such as a table; awaited before the first call. */
  ready?(): Promise<void>
  /** The JSON text inside a body of another content type; undefined when there is none. */
  unwrap?(request: WebhookRequest): string | undefined
  /**
   * Says what the payload means. What means nothing here is ignored with a reason, never an error. A chat message in the URL
   * takes precedence over those in the payload.
   */
  interpret(json: unknown, request: WebhookRequest, options: Options, context: InterpretContext): Interpretation
}

/** The settings that every kind has. */
export function sourceOptions<Kind extends string>(kind: Kind, meanings: ChangeKind[] = ['completed', 'reaction']) {
  return z.strictObject({
    name: z.string(),
    kind: z.literal(kind),
    meanings: z.array(ChangeKind).default(meanings),
    /** Days that an event of an object waits for a link; 0: not at all. */
    hold: z.number().min(0).max(365).default(7),
  })
}
export type SourceOptions = { name: string; kind: string; meanings: ChangeKind[]; hold: number }

/** The option `references`: whose text may refer to a chat message. */
export function referencesOption(byDefault: 'everyone' | 'none' = 'everyone') {
  return z.enum(['everyone', 'none']).default(byDefault)
}

/** A header's value; an empty one counts as missing. */
export function header(request: WebhookRequest, name: string): string | undefined {
  return request.headers[name]?.trim() || undefined
}

/** The interpretation of a payload of which nothing is ignored. */
export function understood(...events: NormalizedEvent[]): Interpretation {
  return { kind: 'understood', events, ignored: [] }
}

/** The interpretation of a payload that means nothing here. */
export function ignored(reason: string, eventId?: string): Interpretation {
  return { kind: 'understood', events: [], ignored: [{ ...(eventId !== undefined && { eventId }), reason }] }
}

/** Whether a text may be a secret that a sender brings: safe in a header and a terminal. */
export function isSecret(text: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(text)
}

/** zod's issues as place and message, never the value. */
export function fieldErrors(error: z.ZodError, prefix: (string | number)[] = []): FieldError[] {
  return error.issues.map(({ path, message }) => ({ path: [...prefix, ...path].map(String).join('.'), message }))
}
