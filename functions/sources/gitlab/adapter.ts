import * as z from 'zod'
import { loadEmojis } from '../common/emoji.ts'
import { deliveryId } from '../common/event-id.ts'
import { referencesIn } from '../common/references.ts'
import { standardWebhooksFailure, verifyBearer } from '../common/signature.ts'
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

const Options = sourceOptions('gitlab', ['completed', 'reaction']).extend({
  /** Takes only this proof instead of whichever a request carries: `signature` where the body shall be protected too. */
  authentication: z.enum(['token', 'signature']).optional(),
  /** Whose text may refer to a chat message. No payload says whether its author is a member, and strangers may open issues. */
  references: z.enum(['everyone', 'none']).default('none'),
})
type Options = z.infer<typeof Options>

/**
 * GitLab's webhooks (https://docs.gitlab.com/user/project/integrations/webhook_events/): an issue or another work item
 * closed or reopened, a merge request merged or reopened, emoji given and taken back, an edited text.
 */
export const gitlab: Source<Options> = { options: Options, authenticate, ready: loadEmojis, interpret }

/**
 * GitLab sends a secret token as it stands, a signature by Standard Webhooks with the signing token
 * (https://gitlab.com/gitlab-org/gitlab/-/merge_requests/230944), or both; each that comes must hold.
 */
function authenticate(request: WebhookRequest, { authentication }: Options, context: ReceiveContext): Verdict {
  const token = authentication === 'signature' ? undefined : header(request, 'x-gitlab-token')
  const signature = authentication === 'token' ? undefined : header(request, 'webhook-signature')
  if (token === undefined && signature === undefined) {
    const expected = { token: 'x-gitlab-token is', signature: 'webhook-signature is' } as const
    const missing = authentication ? expected[authentication] : 'x-gitlab-token and webhook-signature are'
    return { kind: 'refused', detail: `${missing} missing: give the webhook a secret in GitLab.` }
  }
  if (token !== undefined && !verifyBearer(token, context.secrets)) {
    return {
      kind: 'refused',
      detail: 'x-gitlab-token is no secret of this source: compare it with GitLab’s secret token.',
    }
  }
  const sent = { id: header(request, 'webhook-id'), timestamp: header(request, 'webhook-timestamp') }
  const failure =
    signature && standardWebhooksFailure(request.body, { ...sent, signature }, context.secrets, context.now)
  return failure ? { kind: 'refused', detail: failure } : { kind: 'verified' }
}

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = eventIdOf(request)
  const parsed = Payload.safeParse(json)
  if (!parsed.success) return ignored('nothing is read from a payload of this form', eventId)
  const { user, project, object_attributes: attributes } = parsed.data
  const { said, thing, words } = read(parsed.data)
  const references = options.references === 'everyone' ? referencesIn(...words) : []
  const object = project && thing ? `${project.path_with_namespace}${thing}` : undefined
  // What it refers to is worth knowing before anything happens to it.
  const link = references.length > 0 && object !== undefined ? ({ type: 'link.added' } as const) : undefined
  const meaning = typeof said === 'string' ? link : said
  if (!meaning) return ignored(String(said), eventId)
  // The times of an emoji that was taken back are those of its being given.
  const occurredAt = meaning.type === 'reaction.removed' ? undefined : parseTimestamp(attributes.updated_at)
  const who = { occurredAt, actor: user?.username ?? undefined, object }
  return understood({ ...meaning, ...who, eventId, messageIds: [], references })
}

/** The id of the delivery, the signed one where there is one (it is the same); for an older GitLab, what it sent. */
function eventIdOf(request: WebhookRequest): string {
  const signed = header(request, 'webhook-signature') && header(request, 'webhook-id')
  return deliveryId(signed ?? header(request, 'idempotency-key'), request)
}
