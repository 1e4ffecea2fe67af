import * as z from 'zod'
import { deliveryId } from '../common/event-id.ts'
import { type EventMeaning, editedEvent } from '../common/event-meaning.ts'
import { referencesIn } from '../common/references.ts'
import { verifyHmac } from '../common/signature.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type Interpretation,
  ignored,
  type NormalizedEvent,
  type ReceiveContext,
  type Source,
  sourceOptions,
  understood,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('github', ['completed', 'reaction']).extend({
  /** Whose text may refer to a chat message. Labels always may: only people with triage rights can set them. */
  references: z.enum(['members', 'everyone', 'none']).default('members'),
})
type Options = z.infer<typeof Options>

/**
 * GitHub's webhooks (https://docs.github.com/en/webhooks): an issue closed or reopened, a pull request merged or reopened,
 * an edited text, and what an issue or a pull request refers to. Reactions have no event there.
 */
export const github: Source<Options> = { options: Options, authenticate, unwrap, interpret }

function authenticate(request: WebhookRequest, _: Options, { secrets }: ReceiveContext): Verdict {
  const signature = header(request, 'x-hub-signature-256')
  if (signature === undefined) {
    return { kind: 'refused', detail: 'x-hub-signature-256 is missing: give the webhook a secret in GitHub.' }
  }
  return verifyHmac(request.body, signature, secrets)
    ? { kind: 'verified' }
    : {
        kind: 'refused',
        detail: 'x-hub-signature-256 does not match: compare the secret in GitHub with this source’s.',
      }
}

/** GitHub's other content type, `application/x-www-form-urlencoded`, carries the JSON in `payload`; the signature is over the form. */
function unwrap(request: WebhookRequest): string | undefined {
  if (!/^application\/x-www-form-urlencoded\b/i.test(header(request, 'content-type') ?? '')) return undefined
  return new URLSearchParams(Buffer.from(request.body).toString()).get('payload') ?? ''
}

const User = z.object({ login: z.string() })
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
const Comment = z.object({ body: z.string().nullish(), updated_at: z.unknown().optional() })
const Payload = z.object({
  action: z.string(),
  repository: z.object({ full_name: z.string() }).optional(),
  sender: User.nullish(),
  issue: Thing.nullish(),
  pull_request: Thing.nullish(),
  comment: Comment.nullish(),
  /** What was edited, with the values before; GitHub's own examples leave it empty. */
  changes: z.looseObject({}).nullish().catch(undefined),
})
type Payload = z.infer<typeof Payload>

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const parsed = Payload.safeParse(json)
  const event = header(request, 'x-github-event')
  if (!event) return ignored('x-github-event is missing, so nothing says what happened')
  const payload = parsed.success ? parsed.data : undefined
  const thing = payload && thingOf(event, payload)
  if (!payload || !thing) return ignored(`nothing is read from ${known(event)} of this form`)
  const references = referencesOf(thing, options)
  // What it refers to is worth knowing before anything happens to it.
  const meaning = meaningOf(event, payload) ?? (references.length > 0 && payload.repository ? link : undefined)
  if (!meaning) return ignored(`${known(event)} with this action says nothing for a chat message`)

  const happening: NormalizedEvent = {
    ...meaning,
    eventId: deliveryId(header(request, 'x-github-delivery'), request),
    occurredAt: parseTimestamp((payload.comment ?? thing).updated_at),
    actor: payload.sender?.login,
    object: payload.repository && `${payload.repository.full_name}#${thing.number}`,
    messageIds: [],
    references,
  }
  return understood(happening)
}

const link: Pick<NormalizedEvent, 'type'> = { type: 'link.added' }

/** The issue or the pull request that an event is about. */
function thingOf(event: string, { issue, pull_request }: Payload): Thing | null | undefined {
  if (/^issues$|^issue_comment$/.test(event)) return issue
  return /^pull_request(_review|_review_comment)?$/.test(event) ? pull_request : undefined
}

function meaningOf(event: string, payload: Payload): EventMeaning | undefined {
  const { action, issue, pull_request, comment } = payload
  switch (`${event}.${action}`) {
    case 'issues.closed':
      return { type: 'task.done', change: { kind: 'completed', value: true } }
    case 'issues.reopened':
    case 'pull_request.reopened':
      return { type: 'task.reopened', change: { kind: 'completed', value: false } }
    case 'pull_request.closed':
      // Closed without a merge is work that was given up, not done.
      return pull_request?.merged ? { type: 'task.done', change: { kind: 'completed', value: true } } : undefined
    case 'issues.edited':
    case 'pull_request.edited':
      return editOf(pull_request ?? issue, payload.changes)
    case 'issue_comment.edited':
    case 'pull_request_review_comment.edited':
      return editedEvent(comment?.body ?? '', 'the text of a comment never edits a chat message')
    default:
      return undefined
  }
}

function editOf(thing: Thing | null | undefined, changes: Payload['changes']): EventMeaning | undefined {
  const edited = Object.keys(changes ?? {})
  if (edited.length === 0 || edited.includes('body')) return editedEvent(thing?.body ?? '')
  return edited.includes('title')
    ? editedEvent(thing?.title ?? '', 'a title is not the text of a chat message')
    : undefined
}

/** Whose word counts: GitHub tells how the author of a text belongs to the repository; strangers may open issues anywhere. */
function referencesOf(thing: Thing, { references }: Options): string[] {
  const isMembers = ['OWNER', 'MEMBER', 'COLLABORATOR'].includes(thing.author_association ?? '')
  const counts = references === 'everyone' || (references === 'members' && isMembers)
  const labels = references === 'none' ? [] : (thing.labels ?? []).map(({ name }) => name)
  return referencesIn(...labels, ...(counts ? [thing.title, thing.body] : []))
}

/** The event's name for a log or an answer, unless it is no name at all. */
function known(event: string): string {
  return /^[a-z_]{1,64}$/.test(event) ? event : 'an event'
}
