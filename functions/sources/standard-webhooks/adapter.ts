import * as z from 'zod'
import { boundedId } from '../common/event-id.ts'
import { unreadable } from '../common/event-meaning.ts'
import { standardWebhooksScheme, svixScheme, verdictByHmac } from '../common/hmac.ts'
import { addressingOptions } from '../generic/addressing.ts'
import { combine, lenientEvent } from '../generic/lenient-event.ts'
import {
  header,
  type Interpretation,
  type InterpretContext,
  ignored,
  type Source,
  sourceOptions,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('standard-webhooks').extend(addressingOptions)
type Options = z.infer<typeof Options>

/**
 * Our own events by Standard Webhooks (https://www.standardwebhooks.com): `{type, timestamp, data}` with the event's other
 * fields in `data`, or the event itself. The delivery's id is always the event's: the specification makes it the key of
 * repeated deliveries. Nothing is answered with 410, which would end the subscription.
 */
export const standardWebhooks: Source<Options> = {
  options: Options,
  authenticate: (request, _, context) => verdictByHmac(request, schemeOf(request), context),
  interpret,
}

function schemeOf(request: WebhookRequest) {
  return header(request, 'webhook-signature') === undefined && header(request, 'svix-signature') !== undefined
    ? svixScheme
    : standardWebhooksScheme
}

const Payload = z.looseObject({
  type: z.string(),
  timestamp: z.unknown().optional(),
  data: z.looseObject({}).optional().catch(undefined),
})

function interpret(
  json: unknown,
  request: WebhookRequest,
  options: Options,
  context: InterpretContext,
): Interpretation {
  const id = header(request, schemeOf(request).idHeader ?? '') ?? ''
  const interpretOne = (item: unknown, deliveryId: string, at: number[]) => {
    const eventId = boundedId(deliveryId)
    const payload = Payload.safeParse(item)
    if (!payload.success) return ignored(unreadable, eventId)
    const { type, timestamp, data, ...fields } = payload.data
    return lenientEvent({ occurredAt: timestamp, ...fields, ...data, type }, { eventId, options, context, at })
  }
  return Array.isArray(json)
    ? combine(json.map((item, index) => interpretOne(item, `${id}/${index}`, [index])))
    : interpretOne(json, id, [])
}
