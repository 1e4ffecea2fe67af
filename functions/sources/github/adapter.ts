import * as z from 'zod'
import { deliveryId } from '../common/event-id.ts'
import {
  completedEvent,
  type EventMeaning,
  editedCommentEvent,
  editedEvent,
  editedTitleEvent,
  eventsOf,
} from '../common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import { header, type Interpretation, ignored, type Source, sourceOptions, type WebhookRequest } from '../source.ts'

const Options = sourceOptions('github').extend({
  /** Whose text may refer to a chat message. Labels always may: only people with triage rights can set them. */
  references: z.enum(['members', 'everyone', 'none']).default('members'),
})
type Options = z.infer<typeof Options>

export const scheme = hmacScheme({ signatureHeader: 'x-hub-signature-256', idHeader: 'x-github-delivery' })

/**
 * GitHub's webhooks (https://docs.github.com/en/webhooks): an issue closed or reopened, a pull request merged or reopened,
 * an edited text, and the references of an issue or a pull request. GitHub sends no event for reactions.
 */
export const github: Source<Options> = {
  options: Options,
  authenticate: authenticateByHmac(scheme, {
    missing: 'give the webhook a secret in GitHub.',
    mismatch: 'compare the secret in GitHub with this source’s.',
  }),
  unwrap,
  interpret,
}

/** GitHub's other content type, a form, carries the JSON in `payload`; the signature covers the form. */
function unwrap(request: WebhookRequest): string | undefined {
  if (!/^application\/x-www-form-urlencoded\b/i.test(header(request, 'content-type') ?? '')) return undefined
  return new URLSearchParams(Buffer.from(request.body).toString()).get('payload') ?? ''
}

const Thing = z.object({
  number: z.int(),
  title: z.string().nullish(),
  body: z.string().nullish(),
  updated_at: z.unknown().optional(),
  author_association: z.string().nullish(),
  labels: z.array(z.object({ name: z.string() })).nullish(),
  merged: z.boolean().nullish(),
})
type Thing = z.infer<typeof Thing>
const Payload = z.object({
  action: z.string(),
  repository: z.object({ full_name: z.string() }).optional(),
  sender: z.object({ login: z.string() }).nullish(),
  issue: Thing.nullish(),
  pull_request: Thing.nullish(),
  comment: z.object({ body: z.string().nullish(), updated_at: z.unknown().optional() }).nullish(),
  /** The edited fields with the values before; GitHub's own examples leave it empty. */
  changes: z.looseObject({}).nullish().catch(undefined),
})
type Payload = z.infer<typeof Payload>

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const event = header(request, 'x-github-event')
  if (!event) return ignored('x-github-event is missing, so nothing says what happened')
  const name = /^[a-z_]{1,64}$/.test(event) ? event : 'an event'
  const payload = Payload.safeParse(json).data
  const thing = payload && thingOf(event, payload)
  if (!payload || !thing) return ignored(`nothing is read from ${name} of this form`)
  const { comment, sender, repository } = payload
  return eventsOf(meaningsOf(event, payload) ?? `${name} with this action says nothing for a chat message`, {
    eventId: deliveryId(header(request, 'x-github-delivery'), request),
    occurredAt: parseTimestamp((comment ?? thing).updated_at),
    actor: sender?.login,
    object: repository && `${repository.full_name}#${thing.number}`,
    references: referencesOf(thing, options),
  })
}

/** The issue or the pull request that an event is about. */
function thingOf(event: string, { issue, pull_request }: Payload): Thing | null | undefined {
  if (/^issues$|^issue_comment$/.test(event)) return issue
  return /^pull_request(_review|_review_comment)?$/.test(event) ? pull_request : undefined
}

function meaningsOf(event: string, payload: Payload): EventMeaning[] | undefined {
  const { action, issue, pull_request, comment } = payload
  switch (`${event}.${action}`) {
    case 'issues.closed':
      return [completedEvent(true)]
    case 'issues.reopened':
    case 'pull_request.reopened':
      return [completedEvent(false)]
    case 'pull_request.closed':
      // Closed without a merge is given up, not done.
      return pull_request?.merged ? [completedEvent(true)] : undefined
    case 'issues.edited':
    case 'pull_request.edited':
      return editOf(pull_request ?? issue, payload.changes)
    case 'issue_comment.edited':
    case 'pull_request_review_comment.edited':
      return [editedCommentEvent(comment?.body ?? '')]
    default:
      return undefined
  }
}

function editOf(thing: Thing | null | undefined, changes: Payload['changes']): EventMeaning[] | undefined {
  const edited = Object.keys(changes ?? {})
  if (edited.length === 0 || edited.includes('body')) return [editedEvent(thing?.body ?? '')]
  return edited.includes('title') ? [editedTitleEvent(thing?.title ?? '')] : undefined
}

/** GitHub tells how the author of a text belongs to the repository: strangers may open issues anywhere. */
function referencesOf(thing: Thing, { references }: Options): string[] {
  const isMember = ['OWNER', 'MEMBER', 'COLLABORATOR'].includes(thing.author_association ?? '')
  const counts = references === 'everyone' || (references === 'members' && isMember)
  const labels = references === 'none' ? [] : (thing.labels ?? []).map(({ name }) => name)
  return referencesIn(...labels, ...(counts ? [thing.title, thing.body] : []))
}
