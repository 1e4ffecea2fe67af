import { isUtf8 } from 'node:buffer'
import jsonBodyParser from '@middy/http-json-body-parser'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type PlannedLookup, planLookup } from '../lookups/plan.ts'
import { verifyBearer } from '../sources/common/signature.ts'
import { sourceOfKind } from '../sources/registry.ts'
import type {
  NormalizedEvent,
  PathMessage,
  ReceiveContext,
  Response,
  Source,
  SourceOptions,
  WebhookRequest,
} from '../sources/source.ts'
import { type Change, type EventType, type Link, MessageId, type ObjectUpdate, type Update } from '../state/changes.ts'
import { encode, type QueueMessage, queueMessageLimit, toQueuedItems, updatesMessage } from '../state/queue-message.ts'
import { acceptedEntries, acceptedLookup, mapEvent } from './map-event.ts'
import { json, problem } from './problem.ts'

/** More than one queue message could hold, and few enough to look through at once. */
const mostEvents = 10_000

const day = 24 * 3600_000

/** A body may be this long unless a setting says otherwise: SQS takes no more in one message. */
export const bodyLimit = 1024 * 1024

/** All that a source said, in our words, whether or not it names a chat message or is allowed to change one. */
export type SourceEvent = {
  eventId: string
  type: EventType
  occurredAt?: string
  actor?: string
  change?: Change
  object?: string
  messageIds: string[]
}

/** What became of a webhook request: the answer, what it said, and what it asks for. */
export type Reception = {
  response: Response
  events: SourceEvent[]
  updates: Update[]
  objectUpdates: ObjectUpdate[]
  links: Link[]
  /** What deliver asks the provider's API, since the payload leaves it open. */
  lookUps?: PlannedLookup[]
  learned?: { secret: string }
}

/** A reception, and what of the request asks for nothing, or for what it may not. */
export type InterpretedRequest = Reception & { ignored?: { eventId?: string }[] }

/** A source as it is set up: its name, its kind, and that kind's options. */
export type SourceSettings = { name: string; kind: string } & Record<string, unknown>

/**
 * Turns a webhook request into an answer and what it asks for. Pure, and never throws: whatever comes in, the
 * answer says what is wrong with it.
 */
export async function receive(
  request: WebhookRequest,
  source: SourceSettings,
  context: ReceiveContext,
): Promise<Reception> {
  const refusal = checkRequest(request, source) ?? authenticate(request, source, context)
  if (refusal) return refusal
  const parsed = await parse(request, source)
  if ('refusal' in parsed) return parsed.refusal
  const { ignored: _, ...reception } = await interpret(parsed.json, request, source, context)
  return reception
}

/**
 * Before anybody is asked for secrets: whether the request is one at all, or just asks whether anybody is there.
 * @returns the answer when it ends here
 */
export function checkRequest(
  request: WebhookRequest,
  settings: SourceSettings,
  limit = bodyLimit,
): Reception | undefined {
  const kind = kindOf(settings)
  if (!kind) return answer(problem(404, 'There is no source of this kind.'))
  const isPost = request.method.toUpperCase() === 'POST'
  if (isPost && request.body.byteLength > limit) {
    return answer(problem(413, `The body is longer than ${limit} bytes.`))
  }
  const handshake = kind.source.handshake?.(request)
  if (handshake) return answer(handshake)
  return isPost ? undefined : answer(problem(405, 'Send webhooks with POST.', { headers: { allow: 'POST' } }))
}

/**
 * The first step, over the bytes as they came: whether the request is from the system that it should be.
 * @returns the answer when it ends here: a refusal, or a handshake. One with `learned` proposes a secret, and is the answer
 * only where that is stored; `notLearned` is, elsewhere
 */
export function authenticate(
  request: WebhookRequest,
  settings: SourceSettings,
  context: ReceiveContext,
): Reception | undefined {
  const kind = kindOf(settings)
  if (!kind) return answer(problem(404, 'There is no source of this kind.'))
  const unauthenticated = (detail: string) => refused(kind.source, detail)
  if (!kind.options) return unauthenticated('The source’s options are wrong, so it refuses everything.')
  const secrets = context.secrets.filter((secret) => secret.length > 0)
  const brought = kind.source.learn?.(request)
  if (brought && secrets.length === 0) return { ...answer(brought.response), learned: { secret: brought.secret } }
  if (brought) {
    // A sender that missed the answer asks again; any other secret would be somebody else's.
    return verifyBearer(brought.secret, secrets)
      ? answer(brought.response)
      : unauthenticated(
          'The source has a secret already, and takes no other: give another webhook a source of its own.',
        )
  }
  if (secrets.length === 0) return unauthenticated('The source has no secret yet, so it refuses everything.')
  const verdict = kind.source.authenticate(request, kind.options, { ...context, secrets })
  return verdict.kind === 'verified' ? undefined : unauthenticated(verdict.detail)
}

/** The answer to a handshake whose secret nobody let the source learn. */
export function secretNotLearned(settings: SourceSettings): Reception {
  const kind = kindOf(settings)
  const detail = 'The source has no secret yet, and its operator has opened no window to learn one.'
  return kind ? refused(kind.source, detail) : answer(problem(401, detail))
}

/**
 * Between the two: the JSON that the body carries, read by the parser that the ingest handler runs too.
 * @returns the answer instead when the body isn't JSON
 */
async function parse(
  request: WebhookRequest,
  settings: SourceSettings,
): Promise<{ json: unknown } | { refusal: Reception }> {
  const event = { ...jsonEvent(request, settings), isBase64Encoded: false } as { body?: unknown }
  try {
    await jsonParser.before?.({ event } as Parameters<NonNullable<typeof jsonParser.before>>[0])
    return { json: event.body }
  } catch (error) {
    return { refusal: parserRefusal(error) }
  }
}

/** The JSON parser of both ways; it checks the content type, and refuses keys that would reach an object's prototype. */
export const jsonParser = jsonBodyParser<APIGatewayProxyEventV2>()

/** What the JSON parser is to see: the body as text, or what a source's other content type carries. */
export function jsonEvent(
  request: WebhookRequest,
  settings: SourceSettings,
): { headers: Record<string, string>; body?: string } {
  const unwrapped = kindOf(settings)?.source.unwrap?.(request)
  if (unwrapped !== undefined)
    return { headers: { ...request.headers, 'content-type': 'application/json' }, body: unwrapped }
  // White space before the parameters is allowed (RFC 9110 §5.6.6), and the parser doesn't know it.
  const contentType = (request.headers['content-type'] ?? '').replace(/\s*;/, ';')
  const headers = { ...request.headers, 'content-type': contentType }
  // Bytes that are no UTF-8 would be replaced unseen; without a body they are refused as malformed.
  return isUtf8(request.body) ? { headers, body: Buffer.from(request.body).toString() } : { headers }
}

/** Our answer to an error of the JSON parser. Its `cause` carries the body, so nothing of it is repeated or logged. */
export function parserRefusal(error: unknown): Reception {
  const isWrongType = error instanceof Error && 'statusCode' in error && error.statusCode === 415
  return answer(
    isWrongType
      ? problem(415, 'Send JSON with content-type: application/json.')
      : problem(400, 'The body is not JSON in UTF-8, is nested too deep, or has a key that is not allowed.'),
  )
}

/**
 * The second step: what the payload of an authenticated request means.
 * @param payload the parsed JSON
 */
export async function interpret(
  payload: unknown,
  request: WebhookRequest,
  settings: SourceSettings,
  { now }: Pick<ReceiveContext, 'now'>,
): Promise<InterpretedRequest> {
  const kind = kindOf(settings)
  if (!kind?.options) return answer(problem(404, 'There is no source of this kind.'))
  if (Array.isArray(payload) && payload.length > mostEvents) {
    return answer(problem(413, `The request has more than ${mostEvents} events: send it in parts.`))
  }
  const path = messageIdOfPath(request.url)
  await kind.source.ready?.()
  const interpretation = kind.source.interpret(payload, request, kind.options, { now, path })
  if (interpretation.kind === 'invalid') {
    return answer(problem(422, 'The payload misses what its type needs.', { errors: interpretation.errors }))
  }
  if (interpretation.kind === 'answered') return answer(interpretation.response)
  const from = { source: settings.name, now, meanings: kind.options.meanings, path }
  const asked = interpretation.events.map((happening) => {
    const asks = mapEvent(happening, from)
    return { happening, asks, accepted: acceptedEntries(happening, asks) }
  })
  const open = (interpretation.incomplete ?? []).map((happening) => ({ happening, asks: planLookup(happening, from) }))
  const lookUps = open.flatMap(({ asks: { lookUp } }) => (lookUp ? [lookUp] : []))
  const accepted = [...asked.flatMap((each) => each.accepted), ...lookUps.map(acceptedLookup)]
  const refused = [...asked, ...open].flatMap(({ happening: { eventId }, asks }) =>
    asks.reasons.map((reason) => ({ eventId, reason })),
  )
  const ignored = [...interpretation.ignored, ...refused]
  const idle = [...asked.filter((each) => each.accepted.length === 0), ...open.filter(({ asks }) => !asks.lookUp)]
  const left = [
    ...interpretation.ignored.map(({ eventId }) => (eventId === undefined ? {} : { eventId })),
    ...idle.map(({ happening: { eventId } }) => ({ eventId })),
  ]
  const outcome = { accepted: accepted.length, reasons: ignored.map(({ reason }) => reason) }
  const reception = {
    response:
      interpretation.answer?.(outcome) ??
      json(accepted.length > 0 ? (kind.source.success ?? 202) : 200, { accepted, ignored }),
    events: asked.map(({ happening, asks }) => eventOf(happening, asks.messageIds)),
    updates: asked.flatMap(({ asks }) => asks.updates),
    objectUpdates: asked.flatMap(({ asks }) => asks.objectUpdates),
    links: asked.flatMap(({ asks }) => asks.links),
    ignored: left,
    ...(lookUps.length > 0 && { lookUps }),
  }
  if (Buffer.byteLength(encode(toQueueMessage(reception, settings, { now }))) > queueMessageLimit) {
    return answer(problem(413, 'The request asks for more than one queue message holds: send it in parts.'))
  }
  return reception
}

/** The one queue message of all that a request asks for, which `trace` names in the log. */
export function toQueueMessage(
  reception: Pick<Reception, 'updates' | 'objectUpdates' | 'links' | 'lookUps'>,
  settings: SourceSettings,
  { now, trace }: Pick<ReceiveContext, 'now'> & { trace?: string },
): QueueMessage {
  const hold = (kindOf(settings)?.options?.hold ?? 0) * day
  return updatesMessage(
    {
      ...toQueuedItems(reception, { source: settings.name, receivedAt: now.toISOString(), hold }),
      lookUps: reception.lookUps?.map((lookUp) => ({ ...lookUp, hold })) ?? [],
    },
    { trace },
  )
}

function eventOf(
  { eventId, type, occurredAt, actor, change, object }: NormalizedEvent,
  messageIds: string[],
): SourceEvent {
  return {
    eventId,
    type,
    ...(occurredAt !== undefined && { occurredAt }),
    ...(actor !== undefined && { actor }),
    ...(change && { change }),
    ...(object !== undefined && { object }),
    messageIds,
  }
}

/** What stands after `/webhooks/{source}/`; any other path names no chat message. */
function messageIdOfPath(url: string): PathMessage | undefined {
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  const written = /^\/webhooks\/[^/]*\/(.+?)\/?$/s.exec(path)?.[1]
  if (written === undefined) return undefined
  try {
    const id = MessageId.safeParse(decodeURIComponent(written))
    return id.success ? { id: id.data } : { invalid: true }
  } catch {
    return { invalid: true }
  }
}

type Kind = { source: Source; options: SourceOptions | undefined }
const kinds = new WeakMap<SourceSettings, Kind>()

/** The kind of a source with its parsed options, which are undefined when they are wrong. Parsed once per source. */
function kindOf(settings: SourceSettings): Kind | undefined {
  const known = kinds.get(settings)
  if (known) return known
  const source = sourceOfKind(settings.kind)
  if (!source) return undefined
  const kind = { source, options: source.options.safeParse(settings).data }
  kinds.set(settings, kind)
  return kind
}

/** The answer to a request that isn't proven to be from the source's system. */
function refused({ refusal }: Source, detail: string): Reception {
  return answer(problem(refusal ?? 401, detail, refusal ? {} : { headers: { 'www-authenticate': 'Signature' } }))
}

/** A reception that is an answer and asks for nothing. */
export function answer(response: Response): Reception {
  return { response, events: [], updates: [], objectUpdates: [], links: [] }
}
