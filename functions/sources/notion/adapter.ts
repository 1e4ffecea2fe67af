import * as z from 'zod'
import { boundedId } from '../common/event-id.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { handshakeLimit, readJson } from '../common/parse-json.ts'
import { verifyHmac } from '../common/signature.ts'
import {
  header,
  type Interpretation,
  ignored,
  isSecret,
  type Learned,
  type ReceiveContext,
  type Source,
  sourceOptions,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('notion', ['completed', 'reaction'])
type Options = z.infer<typeof Options>

/**
 * Notion's webhooks (https://developers.notion.com/reference/webhooks). Their events say which page changed and which of its
 * properties, and never to what, so nothing is made of them.
 */
export const notion: Source<Options> = { options: Options, learn, authenticate, interpret }

const Verification = z.object({ verification_token: z.string().pipe(z.string().refine(isSecret)) })

/** The first request brings the token that signs those to come; a person types it into Notion too, which ends the handshake. */
function learn({ body }: WebhookRequest): Learned | undefined {
  const secret = Verification.safeParse(readJson(body, handshakeLimit)).data?.verification_token
  return secret === undefined ? undefined : { secret, response: { status: 200 } }
}

function authenticate(request: WebhookRequest, _: Options, { secrets }: ReceiveContext): Verdict {
  const signature = header(request, 'x-notion-signature')
  if (signature === undefined) return { kind: 'refused', detail: 'x-notion-signature is missing: is this from Notion?' }
  return verifyHmac(request.body, signature, secrets)
    ? { kind: 'verified' }
    : { kind: 'refused', detail: 'x-notion-signature does not match: is the secret this webhook’s verification token?' }
}

const Event = z.object({ id: nonEmptyString(), type: z.string().pipe(z.string().regex(/^[a-z][a-z_.]{0,63}$/)) })

function interpret(json: unknown): Interpretation {
  const { data: event } = Event.safeParse(json)
  if (!event) return ignored('nothing is read from an event of this form')
  return ignored(`${event.type} carries ids only, and says nothing for a chat message`, boundedId(event.id))
}
