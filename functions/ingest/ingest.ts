import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import type { Clock, Log, Metrics, Queue, WebhookSecrets } from '../ports/ports.ts'
import { json, problem, resultOf } from '../receive/problem.ts'
import {
  answer,
  authenticate,
  bodyLimit,
  checkRequest,
  type InterpretedRequest,
  interpret,
  jsonEvent,
  jsonParser,
  parserRefusal,
  type Reception,
  type SourceSettings,
  secretNotLearned,
  toQueueMessage,
} from '../receive/receive.ts'
import type { ReceiveContext, WebhookRequest } from '../sources/source.ts'
import { encode } from '../state/queue-message.ts'
import { logRequest, traceIdOf } from './log-request.ts'

export type IngestDependencies = {
  /** By name, which is what stands in the URL. */
  sources: ReadonlyMap<string, SourceSettings>
  secrets: WebhookSecrets
  queue: Pick<Queue, 'send'>
  clock: Clock
  log: Log
  metrics?: Metrics
  /** How the outside calls the bridge, for senders that sign the URL; without it, what the Host header says. */
  publicUrl?: string | undefined
  /** Bytes a body may have. */
  limit?: number
}

/** A request between the two steps; it travels with the event that the JSON parser works on. */
type Authenticated = { request: WebhookRequest; source: SourceSettings; context: ReceiveContext }
type IngestEvent = APIGatewayProxyEventV2 & { authenticated?: Authenticated }

/**
 * The ingest handler: authenticates the bytes, lets the JSON parser read them, says what they mean, and puts all that one
 * request asks for on the queue as one message before it answers 202. Answers 503 when it can't, and never another 5xx.
 */
export function createIngest(
  dependencies: IngestDependencies,
): (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2> {
  const { log, clock } = dependencies
  const handler = middy<IngestEvent, InterpretedRequest>()
    .before(async (step) => {
      const first = await verifyRequest(step.event, dependencies)
      if ('response' in first) return first
      const { request, source } = first
      const { body: _, ...event } = step.event
      step.event = { ...event, ...jsonEvent(request, source), isBase64Encoded: false, authenticated: first }
      return undefined
    })
    .use(jsonParser)
    .onError(({ error }) => {
      if (error && 'statusCode' in error) return parserRefusal(error)
      log('failed', { error: error?.name })
      return unavailable('Something went wrong here.')
    })
    .handler(async ({ body, authenticated, requestContext }) =>
      interpretAndEnqueue(body, authenticated as Authenticated, requestContext.requestId, dependencies),
    )
  return async (event) => {
    const startedAt = clock()
    const trace = traceIdOf(event.requestContext.requestId)
    const requestContext = { ...event.requestContext, requestId: trace }
    // Lambda's context is of no use to any of these steps.
    const reception = (await handler({ ...event, requestContext }, {} as Context)) as InterpretedRequest
    logRequest(reception, { trace, source: routeOf(event.rawPath)?.source, ms: clock() - startedAt }, dependencies)
    return resultOf(reception.response)
  }
}

async function verifyRequest(
  event: APIGatewayProxyEventV2,
  { sources, secrets, clock, log, publicUrl, limit = bodyLimit }: IngestDependencies,
): Promise<Reception | Authenticated> {
  const { method } = event.requestContext.http
  if (event.rawPath === '/health' && (method === 'GET' || method === 'HEAD')) return answer(json(200, { status: 'ok' }))
  const source = sources.get(routeOf(event.rawPath)?.source ?? '')
  if (!source) return answer(problem(404, 'Webhooks go to /webhooks/{source} or /webhooks/{source}/{messageId}.'))
  const request = {
    method,
    url: event.rawQueryString ? `${event.rawPath}?${event.rawQueryString}` : event.rawPath,
    headers: headersOf(event),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  }
  const tryWith = async (fresh: boolean) => {
    const context = { secrets: await secrets.of(source.name, { fresh }), now: new Date(clock()), publicUrl }
    return { context, refusal: authenticate(request, source, context) }
  }
  const unfit = checkRequest(request, source, limit)
  if (unfit) return unfit
  try {
    const first = await tryWith(false)
    // The sender may sign with a secret that is newer than what is cached here, or bring one to a source that has one by now.
    const { learned, response } = first.refusal ?? {}
    const isOutdated = learned !== undefined || (response && [401, 403].includes(response.status))
    const { context, refusal } = isOutdated ? await tryWith(true) : first
    if (refusal?.learned) {
      const isLearned = (await secrets.learn?.(source.name, refusal.learned.secret, clock())) ?? false
      log('handshake', { source: source.name, learned: isLearned })
      return isLearned ? refusal : secretNotLearned(source)
    }
    return refusal ?? { request, source, context }
  } catch {
    return unavailable('The source’s secrets can’t be read for now.')
  }
}

async function interpretAndEnqueue(
  payload: unknown,
  { request, source, context }: Authenticated,
  trace: string,
  { queue, log }: IngestDependencies,
): Promise<InterpretedRequest> {
  const reception = await interpret(payload, request, source, context)
  const { updates, objectUpdates, links, lookUps = [] } = reception
  if (updates.length + objectUpdates.length + links.length + lookUps.length === 0) return reception
  try {
    await queue.send(encode(toQueueMessage(reception, source, { ...context, trace })))
    return reception
  } catch (error) {
    log('not queued', { trace, error: error instanceof Error ? error.name : 'unknown' })
    return unavailable('The queue takes nothing for now.')
  }
}

/** The source that a path names, and nothing for a path of any other form. */
function routeOf(path: string): { source: string } | undefined {
  const [, source] = /^\/webhooks\/([^/]{1,64})(?:\/[^/]*)?\/?$/.exec(path) ?? []
  return source === undefined ? undefined : { source }
}

function headersOf(event: APIGatewayProxyEventV2): Record<string, string> {
  return Object.fromEntries(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value ?? '']))
}

function unavailable(detail: string): Reception {
  return answer(
    problem(503, `${detail} Nothing was accepted: send it again later.`, { headers: { 'retry-after': '5' } }),
  )
}
