import * as z from 'zod'
import { loadEmojis } from '../common/emoji.ts'
import { deliveryId } from '../common/event-id.ts'
import { eventsOf, unreadable } from '../common/event-meaning.ts'
import { hmacFailure, standardWebhooksScheme } from '../common/hmac.ts'
import { referencesIn } from '../common/references.ts'
import { verifyBearer } from '../common/signature.ts'
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
  verified,
  type WebhookRequest,
} from '../source.ts'
import { Payload, readPayload } from './payload.ts'

const Options = sourceOptions('gitlab').extend({
  /** Takes only this proof instead of whichever a request carries. Only `signature` protects the body too. */
  authentication: z.enum(['token', 'signature']).optional(),
  /** No payload says whether its author is a member, and strangers may open issues. */
  references: referencesOption('none'),
})
type Options = z.infer<typeof Options>

/**
 * GitLab's webhooks (https://docs.gitlab.com/user/project/integrations/webhook_events/): an issue or another work item
 * closed or reopened, a merge request merged or reopened, emoji given and revoked, an edited text.
 */
export const gitlab: Source<Options> = { options: Options, authenticate, ready: loadEmojis, interpret }

/**
 * GitLab sends a secret token as it stands, a Standard Webhooks signature made with the signing token
 * (https://gitlab.com/gitlab-org/gitlab/-/merge_requests/230944), or both; each one that comes must hold.
 */
function authenticate(request: WebhookRequest, { authentication }: Options, context: ReceiveContext): Verdict {
  const token = authentication === 'signature' ? undefined : header(request, 'x-gitlab-token')
  const signature = authentication === 'token' ? undefined : header(request, 'webhook-signature')
  if (token === undefined && signature === undefined) {
    const expected = { token: 'x-gitlab-token is', signature: 'webhook-signature is' } as const
    const missing = authentication ? expected[authentication] : 'x-gitlab-token and webhook-signature are'
    return refused(`${missing} missing: give the webhook a secret in GitLab.`)
  }
  if (token !== undefined && !verifyBearer(token, context.secrets)) {
    return refused('x-gitlab-token is no secret of this source: compare it with GitLab’s secret token.')
  }
  const failure = signature && hmacFailure(request, standardWebhooksScheme, context)
  return failure ? refused(failure) : verified
}

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = eventIdOf(request)
  const payload = Payload.safeParse(json).data
  if (!payload) return ignored(unreadable, eventId)
  const { user, project, object_attributes: attributes } = payload
  const { meaning, thing, words } = readPayload(payload)
  const isRevoked = typeof meaning !== 'string' && meaning.type === 'reaction.removed'
  return eventsOf(typeof meaning === 'string' ? meaning : [meaning], {
    eventId,
    // A revoked emoji carries the time at which it was given.
    occurredAt: isRevoked ? undefined : parseTimestamp(attributes.updated_at),
    actor: user?.username,
    object: project && thing ? `${project.path_with_namespace}${thing}` : undefined,
    references: options.references === 'everyone' ? referencesIn(...words) : [],
  })
}

/** The signed id of the delivery, else the unsigned one (they are the same); for an older GitLab, a digest of the body. */
function eventIdOf(request: WebhookRequest): string {
  const signed = header(request, 'webhook-signature') && header(request, 'webhook-id')
  return deliveryId(signed ?? header(request, 'idempotency-key'), request)
}
