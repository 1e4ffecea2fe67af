import * as z from 'zod'
import { loadEmojis } from '../common/emoji.ts'
import { deliveryId } from '../common/event-id.ts'
import { referencesIn } from '../common/references.ts'
import { verifyHmac } from '../common/signature.ts'
import { parseTimestamp } from '../common/timestamp.ts'
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
import { Payload, read } from './payload.ts'

const Options = sourceOptions('linear', ['completed', 'reaction']).extend({
  /** Whose text may refer to a chat message. Only members and guests of a workspace write there. */
  references: z.enum(['everyone', 'none']).default('everyone'),
  /** The types of status that mean done. What is canceled was given up, unless this says otherwise. */
  doneStates: z.array(z.enum(['completed', 'canceled'])).default(['completed']),
  /** Seconds that the signed time may be from our clock, either way; Linear's SDK takes 60. More lets a late retry through. */
  tolerance: z.number().min(1).max(86_400).default(60),
})
type Options = z.infer<typeof Options>

/**
 * Linear's webhooks (https://linear.app/developers/webhooks): an issue completed or reopened, reactions to issues and
 * comments, edited texts, attachments. Its own id of each is a UUID. It counts only 200 as success.
 */
export const linear: Source<Options> = { options: Options, success: 200, authenticate, ready: loadEmojis, interpret }

const Stamped = z.object({ webhookTimestamp: z.number() })

/** The signature is over the body alone, so the time that counts is the body's, and not that of the header. */
function authenticate(request: WebhookRequest, { tolerance }: Options, { secrets, now }: ReceiveContext): Verdict {
  const signature = header(request, 'linear-signature')
  if (signature === undefined) {
    return { kind: 'refused', detail: 'linear-signature is missing: is this a webhook of Linear’s?' }
  }
  if (!verifyHmac(request.body, signature, secrets, { prefix: '' })) {
    return { kind: 'refused', detail: 'linear-signature does not match: is the secret the webhook’s signing secret?' }
  }
  const body = jsonOf(request.body)
  // What is no JSON is refused as that in the next step.
  if (body === undefined) return { kind: 'verified' }
  const stamped = Stamped.safeParse(body)
  if (!stamped.success)
    return { kind: 'refused', detail: 'webhookTimestamp must be a time in milliseconds since 1970.' }
  return Math.abs(now.getTime() - stamped.data.webhookTimestamp) > tolerance * 1000
    ? { kind: 'refused', detail: `webhookTimestamp is more than ${tolerance} seconds away from this server's clock.` }
    : { kind: 'verified' }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined
  }
}

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = deliveryId(header(request, 'linear-delivery'), request)
  const parsed = Payload.safeParse(json)
  if (!parsed.success) return ignored('nothing is read from a payload of this form', eventId)
  const { actor, createdAt } = parsed.data
  const { said, object, words, user } = read(parsed.data, options)
  const references = options.references === 'none' ? [] : referencesIn(...words)
  const happened = typeof said === 'string' ? [] : [...said]
  // What it refers to is worth knowing before anything happens to it.
  if (happened.length === 0 && references.length > 0 && object !== undefined) happened.push({ type: 'link.added' })
  if (happened.length === 0) {
    return ignored(typeof said === 'string' ? said : 'this event says nothing for a chat message', eventId)
  }
  const occurredAt = parseTimestamp(createdAt)
  const common = { eventId, occurredAt, actor: user ?? actor?.id ?? undefined, object, messageIds: [], references }
  return understood(...happened.map((each) => ({ ...common, ...each })))
}
