import * as z from 'zod'
import { deliveryId } from '../common/event-id.ts'
import { completedEvent, eventsOf } from '../common/event-meaning.ts'
import { checkHmac, type HmacScheme, hmacOptions, hmacScheme, verdictByHmac } from '../common/hmac.ts'
import { header, type Interpretation, type Source, sourceOptions, type WebhookRequest } from '../source.ts'

const { tolerance } = hmacOptions
const Options = sourceOptions('vereinsantrag')
  .extend({
    /** What the signature covers: an assumption, since the provider's page could not be read. */
    signedText: z.string().max(256).default('{timestamp}.{body}'),
    /** Seconds that the timestamp may differ from our clock. The provider's recommendation is not known. */
    tolerance,
    /** Which of its events mean what; without any, all are ignored. */
    events: z
      .partialRecord(
        z.enum(['ApplicationReceived', 'EmailConfirmed', 'ApplicationAccepted', 'ApplicationRejected']),
        z.enum(['task.done', 'task.reopened']),
      )
      .default({}),
  })
  .superRefine((options, context) => checkHmac(schemeOf(options), context))
type Options = z.infer<typeof Options>

/**
 * Vereinsantrag, applications for membership of a club (https://docs.vereinsantrag.de/webhooks-9250495f0). Its headers are
 * known and its payloads are not, so the body is not read: the chat message stands in the URL.
 */
export const vereinsantrag: Source<Options> = {
  options: Options,
  authenticate: (request, options, context) => verdictByHmac(request, schemeOf(options), context),
  interpret,
}

const base = hmacScheme({ signatureHeader: 'x-vereinsantrag-signature', idHeader: 'x-vereinsantrag-delivery' })

/** The scheme that the options describe. Without `{timestamp}` in the signed text no timestamp is asked for. */
export function schemeOf({ signedText, tolerance: seconds }: Pick<Options, 'signedText' | 'tolerance'>): HmacScheme {
  const hasTimestamp = signedText.includes('{timestamp}')
  return {
    ...base,
    signedText,
    ...(seconds !== undefined && { tolerance: seconds }),
    ...(hasTimestamp && { timestampHeader: 'x-vereinsantrag-timestamp' }),
  }
}

/** No occurredAt: the timestamp is, as far as is known, the delivery's. */
function interpret(_: unknown, request: WebhookRequest, options: Options): Interpretation {
  const event = header(request, 'x-vereinsantrag-event')
  const [, type] = Object.entries(options.events).find(([name]) => name === event) ?? []
  return eventsOf(type ? [completedEvent(type === 'task.done')] : 'this event means nothing (option events)', {
    eventId: deliveryId(header(request, 'x-vereinsantrag-delivery'), request),
  })
}
