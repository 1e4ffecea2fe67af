import * as z from 'zod'
import { declaredHmacFailure } from '../common/declared-hmac.ts'
import { checkDeclaredHmac, declaredHmac, declaredHmacOptions } from '../common/declared-hmac-options.ts'
import { deliveryId } from '../common/event-id.ts'
import {
  header,
  type Interpretation,
  ignored,
  type ReceiveContext,
  type Source,
  sourceOptions,
  understood,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'

const { tolerance } = declaredHmacOptions
const Options = sourceOptions('vereinsantrag', ['completed', 'reaction'])
  .extend({
    /** What the signature covers. The provider's page could not be read: this is an assumption, so it can be changed. */
    signedText: z.string().max(256).default('{timestamp}.{body}'),
    /** How many seconds the timestamp may be away from our clock. What the provider recommends is not known. */
    tolerance,
    /** Which of its events mean what; without any, all are ignored. */
    events: z
      .partialRecord(
        z.enum(['ApplicationReceived', 'EmailConfirmed', 'ApplicationAccepted', 'ApplicationRejected']),
        z.enum(['task.done', 'task.reopened']),
      )
      .default({}),
  })
  .superRefine((options, context) => checkDeclaredHmac(schemeOf(options), context))
type Options = z.infer<typeof Options>

/**
 * Vereinsantrag, applications for membership of a club (https://docs.vereinsantrag.de/webhooks-9250495f0). Its headers are
 * known and its payloads are not, so the body is not read: the chat message stands in the URL.
 */
export const vereinsantrag: Source<Options> = { options: Options, authenticate, interpret }

const base = declaredHmac({ signatureHeader: 'x-vereinsantrag-signature', idHeader: 'x-vereinsantrag-delivery' })

/** How it signs, as its options say. A timestamp that is not signed proves nothing, so it is not asked for. */
export function schemeOf({ signedText, tolerance: seconds }: Pick<Options, 'signedText' | 'tolerance'>) {
  const isStamped = signedText.includes('{timestamp}')
  return {
    ...base,
    signedText,
    ...(seconds !== undefined && { tolerance: seconds }),
    ...(isStamped && { timestampHeader: 'x-vereinsantrag-timestamp' }),
  }
}

function authenticate(request: WebhookRequest, options: Options, context: ReceiveContext): Verdict {
  if (header(request, base.signatureHeader) === undefined) {
    return { kind: 'refused', detail: `${base.signatureHeader} is missing.` }
  }
  const failure = declaredHmacFailure(request, schemeOf(options), context)
  return failure === undefined ? { kind: 'verified' } : { kind: 'refused', detail: failure }
}

/** When it happened is not known: the timestamp is, as far as is known, of the delivery. */
function interpret(_: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = deliveryId(header(request, 'x-vereinsantrag-delivery'), request)
  const event = header(request, 'x-vereinsantrag-event')
  const [, type] = Object.entries(options.events).find(([name]) => name === event) ?? []
  if (!type) return ignored('this event means nothing (option events)', eventId)
  const change = { kind: 'completed', value: type === 'task.done' } as const
  return understood({ eventId, type, change, messageIds: [] })
}
