import * as z from 'zod'
import { loadEmojis } from '../common/emoji.ts'
import { deliveryId } from '../common/event-id.ts'
import { eventsOf, unreadable } from '../common/event-meaning.ts'
import { hmacScheme, verdictByHmac } from '../common/hmac.ts'
import { readJson } from '../common/parse-json.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type Interpretation,
  ignored,
  type ReceiveContext,
  referencesOption,
  refused,
  type Source,
  sourceOptions,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'
import { Payload, readPayload } from './payload.ts'

const Options = sourceOptions('linear').extend({
  /** Only members and guests of a workspace write there. */
  references: referencesOption(),
  /** The types of status that mean done. What is canceled is given up, unless this says otherwise. */
  doneStates: z.array(z.enum(['completed', 'canceled'])).default(['completed']),
  /** Seconds that the signed time may differ from our clock; Linear's SDK takes 60. More lets a late retry through. */
  tolerance: z.number().min(1).max(86_400).default(60),
})
type Options = z.infer<typeof Options>

export const scheme = hmacScheme({
  signatureHeader: 'linear-signature',
  signaturePrefix: '',
  idHeader: 'linear-delivery',
})

/**
 * Linear's webhooks (https://linear.app/developers/webhooks): an issue completed or reopened, reactions to issues and
 * comments, edited texts, attachments. The object is a UUID. Linear counts only 200 as success.
 */
export const linear: Source<Options> = { options: Options, success: 200, authenticate, ready: loadEmojis, interpret }

const Stamped = z.object({ webhookTimestamp: z.number() })

/** The signature covers only the body, so the body's time counts, not the header's. */
function authenticate(request: WebhookRequest, { tolerance }: Options, context: ReceiveContext): Verdict {
  const verdict = verdictByHmac(request, scheme, context, {
    missing: 'is this a webhook of Linear’s?',
    mismatch: 'is the secret the webhook’s signing secret?',
  })
  const body = readJson(request.body)
  // A body that is no JSON is refused in the next step.
  if (verdict.kind === 'refused' || body === undefined) return verdict
  const { data: stamped } = Stamped.safeParse(body)
  if (!stamped) return refused('webhookTimestamp must be a time in milliseconds since 1970.')
  return Math.abs(context.now.getTime() - stamped.webhookTimestamp) > tolerance * 1000
    ? refused(`webhookTimestamp is more than ${tolerance} seconds away from this server's clock.`)
    : verdict
}

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = deliveryId(header(request, 'linear-delivery'), request)
  const payload = Payload.safeParse(json).data
  if (!payload) return ignored(unreadable, eventId)
  const { meanings, object, words, user } = readPayload(payload, options)
  return eventsOf(meanings, {
    eventId,
    occurredAt: parseTimestamp(payload.createdAt),
    actor: user ?? payload.actor?.id,
    object,
    references: options.references === 'none' ? [] : referencesIn(...words),
  })
}
