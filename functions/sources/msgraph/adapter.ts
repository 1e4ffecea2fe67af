import * as z from 'zod'
import { readJson } from '../common/parse-json.ts'
import { queryParameter } from '../common/query-parameter.ts'
import { verifyBearer } from '../common/signature.ts'
import {
  type Interpretation,
  ignored,
  type ReceiveContext,
  type Response,
  refused,
  type Source,
  sourceOptions,
  type Verdict,
  verified,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('msgraph')
type Options = z.infer<typeof Options>

/**
 * Change notifications of Microsoft Graph, such as To Do's
 * (https://learn.microsoft.com/graph/change-notifications-delivery-webhooks). They say which task changed and never how, so
 * they are ignored.
 */
export const msgraph: Source<Options> = { options: Options, handshake, authenticate, interpret }

/** Characters; Graph's own tokens have about 150. */
const maxTokenLength = 1000

/** Graph makes no subscription unless the answer repeats the token of the query, decoded. */
function handshake({ method, url }: WebhookRequest): Response | undefined {
  const token = queryParameter(url, 'validationToken')
  if (method.toUpperCase() !== 'POST' || !token || token.length > maxTokenLength) return undefined
  // A browser must not show the answer as a page.
  return { status: 200, headers: { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff' }, body: token }
}

const Proof = z.object({ value: z.array(z.object({ clientState: z.string() })) })

/** Nothing is signed: every notification repeats the secret that the subscription was made with. */
function authenticate({ body }: WebhookRequest, _: Options, { secrets }: ReceiveContext): Verdict {
  const { data: proof } = Proof.safeParse(readJson(body))
  // An empty list proves nothing.
  if (!proof || proof.value.length === 0) {
    return refused('clientState is missing: is this a change notification of Graph?')
  }
  return proof.value.every(({ clientState }) => verifyBearer(clientState, secrets))
    ? verified
    : refused('clientState does not match: was every subscription made with this source’s secret?')
}

const Lifecycle = z.object({ value: z.array(z.object({ lifecycleEvent: z.string() })) })

function interpret(json: unknown): Interpretation {
  return ignored(
    Lifecycle.safeParse(json).success
      ? 'what becomes of a subscription says nothing for a chat message'
      : 'a change notification carries ids only, and says nothing for a chat message',
  )
}
