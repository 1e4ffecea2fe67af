import * as z from 'zod'
import { boundedId } from '../common/event-id.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { handshakeLimit, readJson } from '../common/parse-json.ts'
import {
  type Interpretation,
  ignored,
  isSecret,
  type Learned,
  type Source,
  sourceOptions,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('notion')
type Options = z.infer<typeof Options>

/**
 * Notion's webhooks (https://developers.notion.com/reference/webhooks). Their events say which page changed and which of its
 * properties, but not the new values, so they are ignored.
 */
export const notion: Source<Options> = {
  options: Options,
  learn,
  authenticate: authenticateByHmac(hmacScheme({ signatureHeader: 'x-notion-signature' }), {
    missing: 'is this from Notion?',
    mismatch: 'is the secret this webhook’s verification token?',
  }),
  interpret,
}

const Verification = z.object({ verification_token: z.string().pipe(z.string().refine(isSecret)) })

/** The first request brings the token that signs the others; a person types it into Notion too. */
function learn({ body }: WebhookRequest): Learned | undefined {
  const secret = Verification.safeParse(readJson(body, handshakeLimit)).data?.verification_token
  return secret === undefined ? undefined : { secret, response: { status: 200 } }
}

const Event = z.object({ id: nonEmptyString(), type: z.string().pipe(z.string().regex(/^[a-z][a-z_.]{0,63}$/)) })

function interpret(json: unknown): Interpretation {
  const { data: event } = Event.safeParse(json)
  if (!event) return ignored('nothing is read from an event of this form')
  return ignored(`${event.type} carries ids only, and says nothing for a chat message`, boundedId(event.id))
}
