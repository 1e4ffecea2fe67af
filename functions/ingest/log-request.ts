import { randomBytes } from 'node:crypto'
import type { DimensionOf } from '../ports/metrics.ts'
import type { Log, Metrics } from '../ports/ports.ts'
import type { InterpretedRequest } from '../receive/receive.ts'
import { TraceId } from '../state/queue-message.ts'

/** How many event ids a line in the log names; further ones stand in lines of their own. */
const idsInLine = 100

/** What names a request from here to the PUT: API Gateway's own id, where it is short enough to be carried along. */
export function traceIdOf(requestId: string): string {
  return TraceId.safeParse(requestId).data ?? randomBytes(12).toString('base64url')
}

/** Tells of a request: a line in the log, with the ids of what was accepted and of what was ignored, and what there is to count. */
export function logRequest(
  { response: { status }, events, lookUps = [], ignored = [] }: InterpretedRequest,
  { trace, source, ms }: { trace: string; source: string | undefined; ms: number },
  { log, metrics = () => {} }: { log: Log; metrics?: Metrics },
): void {
  const idle = new Set(ignored.flatMap(({ eventId }) => eventId ?? []))
  const isAccepted = ({ eventId }: { eventId: string }) => status < 400 && !idle.has(eventId)
  const ids = [...new Set([...events, ...lookUps].filter(isAccepted).map(({ eventId }) => eventId))]
  for (let from = idsInLine; from < ids.length; from += idsInLine) {
    log('more events', { trace, source, status, ids: ids.slice(from, from + idsInLine) })
  }
  const named = { ids: upTo(idsInLine, ids), ignored: upTo(idsInLine, [...idle]) }
  log('webhook', { trace, source, status, ...named, ms })
  metrics('Accepted', ids.length)
  metrics('Ignored', ignored.length)
  if (status >= 400) metrics('Rejected', 1, ...rejectedFor(status))
}

function upTo(most: number, ids: string[]): string[] | undefined {
  return ids.length > 0 ? ids.slice(0, most) : undefined
}

/** The errors that ingest answers with, in a word. */
function rejectedFor(status: number): DimensionOf<'Rejected'> {
  switch (status) {
    case 404:
      return ['source']
    case 405:
      return ['method']
    case 413:
      return ['size']
    case 401:
    case 403:
      return ['signature']
    case 400:
    case 415:
      return ['format']
    case 503:
      return ['unavailable']
    default:
      return ['content']
  }
}
