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
  type ReceiveContext,
  type Response,
  referencesOption,
  type Source,
  sourceOptions,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'
import { ticketEvents, ticketVerb } from './cdevents.ts'
import { attributesIn, dataOf } from './envelope.ts'

const Options = sourceOptions('cloudevents')
  .extend({
    ...authenticationOptions,
    ...addressingOptions,
    /** Nothing tells who may write in the system that a ticket comes from. */
    references: referencesOption('none'),
  })
  .superRefine(checkAuthentication)
type Options = z.infer<typeof Options>

/**
 * CloudEvents 1.0 over HTTP (https://github.com/cloudevents/spec, "HTTP Protocol Binding" and "Web Hooks"), structured,
 * batched or binary: our own events, and the tickets of CDEvents. In binary mode a signature covers only the body, so somebody
 * who can read a request could send it again with other attributes.
 */
export const cloudevents: Source<Options> = { options: Options, handshake, authenticate, unwrap, interpret }

/** A sender may ask whether it may send here ("Web Hooks" §4). It may, at any rate; each event needs a proof. */
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

/** Like the generic source, and also by a token in the query, which the specification of Web Hooks allows (§3.2). */
function authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  const token = queryParameter(request.url, 'access_token')
  if (!token) return authenticateGeneric(request, options, context)
  const headers = { ...request.headers, authorization: `Bearer ${token}` }
  const verdict = authenticateGeneric({ ...request, headers }, options, context)
  const isOnly = header(request, 'authorization') === undefined
  return isOnly || verdict.kind !== 'verified' ? verdict : authenticateGeneric(request, options, context)
}

/** The binary mode carries the attributes in headers. The content types of CloudEvents belong to the other modes. */
function isBinary(request: WebhookRequest): boolean {
  if (/^application\/cloudevents/i.test(header(request, 'content-type') ?? '')) return false
  return Object.values(attributesIn(request)).some((value) => value !== undefined)
}

/** An event may be complete without a body, by its headers. */
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
  if (verb !== undefined) return ticketEvents(verb, dataOf(envelope), { ...envelope, eventId }, options)
  const data = z.looseObject({ type: z.unknown().optional() }).safeParse(dataOf(envelope)).data
  // The event's own fields take precedence over the envelope's, unless its type is not one of ours.
  const isOurs = typeof data?.type === 'string' && eventTypeOf(data.type) !== undefined
  const subject = z.string().pipe(MessageId).safeParse(envelope.subject).data
  const event = { messageId: subject, occurredAt: envelope.time, ...data, type: isOurs ? data.type : envelope.type }
  return lenientEvent(event, { eventId, options, context, at })
}
