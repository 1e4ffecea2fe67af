import * as z from 'zod'
import { MessageId } from '../../state/changes.ts'
import { boundedId } from '../common/event-id.ts'
import { queryParameter } from '../common/query-parameter.ts'
import { addressingOptions } from '../generic/addressing.ts'
import { authenticateGeneric, authenticationOptions, checkAuthentication } from '../generic/authentication.ts'
import { eventTypeOf } from '../generic/event-types.ts'
import { combine, lenientEvent } from '../generic/lenient-event.ts'
import {
  type FieldError,
  fieldErrors,
  header,
  type Interpretation,
  type InterpretContext,
  ignored,
  type ReceiveContext,
  type Response,
  type Source,
  sourceOptions,
  understood,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'
import { ticketMeaning, ticketVerb } from './cdevents.ts'
import { attributesIn, dataOf } from './envelope.ts'

const Options = sourceOptions('cloudevents', ['completed', 'reaction'])
  .extend({
    ...authenticationOptions,
    ...addressingOptions,
    /** Whose text may refer to a chat message. Nothing tells who may write in the system that a ticket comes from. */
    references: z.enum(['everyone', 'none']).default('none'),
  })
  .superRefine(checkAuthentication)
type Options = z.infer<typeof Options>

/**
 * CloudEvents 1.0 over HTTP (https://github.com/cloudevents/spec, "HTTP Protocol Binding" and "Web Hooks"), structured,
 * batched or binary: our own events, and the tickets of CDEvents. Of the binary mode a signature covers only the body: who
 * can read a request and send another could give it other attributes.
 */
export const cloudevents: Source<Options> = { options: Options, handshake, authenticate, unwrap, interpret }

/** A sender may ask whether it may send here ("Web Hooks" §4). Only who has a secret can, as fast as it likes. */
function handshake(request: WebhookRequest): Response | undefined {
  const origin = header(request, 'webhook-request-origin')
  if (request.method.toUpperCase() !== 'OPTIONS' || origin === undefined || !/^[\x21-\x7e]{1,255}$/.test(origin)) {
    return undefined
  }
  return {
    status: 200,
    headers: { allow: 'POST', 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' },
  }
}

/** As the generic source, and with the token in the query, which the specification of Web Hooks allows too (§3.2). */
function authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const token = queryParameter(request.url, 'access_token')
  if (!token) return authenticateGeneric(request, options, context)
  const headers = { ...request.headers, authorization: `Bearer ${token}` }
  const verdict = authenticateGeneric({ ...request, headers }, options, context)
  const isOnly = header(request, 'authorization') === undefined
  return isOnly || verdict.kind !== 'verified' ? verdict : authenticateGeneric(request, options, context)
}

/** The binary mode carries the attributes in headers. A content type of CloudEvents says that it is one of the others. */
function isBinary(request: WebhookRequest): boolean {
  if (/^application\/cloudevents/i.test(header(request, 'content-type') ?? '')) return false
  return Object.values(attributesIn(request)).some((value) => value !== undefined)
}

/** An event whose headers say everything needs no body. */
function unwrap(request: WebhookRequest): string | undefined {
  return isBinary(request) && request.body.byteLength === 0 ? 'null' : undefined
}

const Attribute = z.string({ error: 'expected text' }).trim().pipe(z.string().min(1, 'expected text'))
const Envelope = z.looseObject({
  specversion: z.string({ error: 'expected 1.0' }).regex(/^1\./, 'expected 1.0'),
  id: Attribute,
  source: Attribute,
  type: Attribute,
  subject: z.unknown().optional(),
  time: z.unknown().optional(),
  data: z.unknown().optional(),
  data_base64: z.unknown().optional(),
})
type Envelope = z.infer<typeof Envelope>

function interpret(
  json: unknown,
  request: WebhookRequest,
  options: Options,
  context: InterpretContext,
): Interpretation {
  const interpreted = (given: unknown, at: number[], nameOf = (error: FieldError) => error) => {
    const { data: envelope, error } = Envelope.safeParse(given)
    return envelope
      ? interpretOne(envelope, at, options, context)
      : { kind: 'invalid' as const, errors: fieldErrors(error, at).map(nameOf) }
  }
  if (isBinary(request)) {
    const inHeaders = ({ path, message }: FieldError) => ({ path: `ce-${path}`, message })
    return interpreted({ ...attributesIn(request), data: json }, [], inHeaders)
  }
  return Array.isArray(json) ? combine(json.map((item, index) => interpreted(item, [index]))) : interpreted(json, [])
}

function interpretOne(envelope: Envelope, at: number[], options: Options, context: InterpretContext): Interpretation {
  // Ids are unique within their source (CloudEvents 1.0, "id").
  const eventId = boundedId(`${envelope.source} ${envelope.id}`)
  const verb = ticketVerb(envelope.type)
  if (verb !== undefined) {
    const said = ticketMeaning(verb, dataOf(envelope), envelope, options)
    return typeof said === 'string' ? ignored(said, eventId) : understood({ ...said, eventId, messageIds: [] })
  }
  const data = z.looseObject({ type: z.unknown().optional() }).safeParse(dataOf(envelope)).data
  // What the event itself says comes first, unless its type is a word for something else.
  const isOurs = typeof data?.type === 'string' && eventTypeOf(data.type) !== undefined
  const subject = z.string().pipe(MessageId).safeParse(envelope.subject).data
  const event = { messageId: subject, occurredAt: envelope.time, ...data, type: isOurs ? data.type : envelope.type }
  return lenientEvent(event, { eventId, options, context, at })
}
