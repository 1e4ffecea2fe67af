import * as z from 'zod'
import { boundedId } from '../common/event-id.ts'
import { standardWebhooksFailure } from '../common/signature.ts'
import { addressingOptions } from '../generic/addressing.ts'
import { combine, lenientEvent } from '../generic/lenient-event.ts'
import {
  header,
  type Interpretation,
  type InterpretContext,
  ignored,
  type ReceiveContext,
  type Source,
  sourceOptions,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('standard-webhooks', ['completed', 'reaction']).extend(addressingOptions)
type Options = z.infer<typeof Options>

/**
 * Whoever sends Standard Webhooks (https://www.standardwebhooks.com) with our own events: `{type, timestamp, data}`, the
 * event's other fields in `data`, or the event itself. The delivery's id is the event's, whatever the body says: it is the
 * specification's key for repeated deliveries. Nothing is answered with 410, which would end the subscription.
 */
export const standardWebhooks: Source<Options> = { options: Options, authenticate, interpret }

function authenticate(request: WebhookRequest, _: Options, { secrets, now }: ReceiveContext): Verdict {
  const { id, timestamp, signature } = delivery(request)
  if (signature === undefined) return { kind: 'refused', detail: 'webhook-signature is missing.' }
  const failure = standardWebhooksFailure(request.body, { id, timestamp, signature }, secrets, now)
  return failure === undefined ? { kind: 'verified' } : { kind: 'refused', detail: failure }
}

/** Svix, from whose headers the specification comes, sends the same under names of its own. */
function delivery(request: WebhookRequest): Record<'id' | 'timestamp' | 'signature', string | undefined> {
  const named = header(request, 'webhook-signature') === undefined ? 'svix' : 'webhook'
  const value = (name: string) => header(request, `${named}-${name}`)
  return { id: value('id'), timestamp: value('timestamp'), signature: value('signature') }
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
  const { id = '' } = delivery(request)
  const interpreted = (item: unknown, written: string, at: number[]) => {
    const eventId = boundedId(written)
    const payload = Payload.safeParse(item)
    if (!payload.success) return ignored('nothing is read from a payload of this form', eventId)
    const { type, timestamp, data, ...fields } = payload.data
    return lenientEvent({ occurredAt: timestamp, ...fields, ...data, type }, { eventId, options, context, at })
  }
  return Array.isArray(json)
    ? combine(json.map((item, index) => interpreted(item, `${id}/${index}`, [index])))
    : interpreted(json, id, [])
}
