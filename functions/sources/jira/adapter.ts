import * as z from 'zod'
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
import { attachmentChanges, Payload, payloadMeaning, wordsOf } from './payload.ts'

const Options = sourceOptions('jira', ['completed', 'reaction']).extend({
  /** Whose text may refer to a chat message. `none` where customers write issues and comments (Jira Service Management). */
  references: z.enum(['everyone', 'none']).default('everyone'),
  /**
   * The statuses that an issue leaves when it is reopened, in any case. A payload tells the category of the status that an
   * issue has now, and only the name of the one before; where a workflow clears the resolution, this isn't needed.
   */
  doneStatuses: z
    .array(z.string().toLowerCase())
    .default(['done', 'closed', 'resolved', 'fertig', 'erledigt', 'geschlossen', 'gelöst']),
})
type Options = z.infer<typeof Options>

/**
 * Jira's webhooks, of Cloud (https://developer.atlassian.com/cloud/jira/platform/webhooks/) and of Server or Data Center:
 * an issue done or reopened, an edited text, files. Reactions have no event there. Its own id of an issue is its key.
 */
export const jira: Source<Options> = { options: Options, authenticate, interpret }

function authenticate(request: WebhookRequest, _: Options, { secrets }: ReceiveContext): Verdict {
  const signature = header(request, 'x-hub-signature')
  if (signature === undefined) {
    return { kind: 'refused', detail: 'x-hub-signature is missing: give the webhook a secret in Jira.' }
  }
  return verifyHmac(request.body, signature, secrets)
    ? { kind: 'verified' }
    : { kind: 'refused', detail: 'x-hub-signature does not match: compare the secret in Jira with this source’s.' }
}

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = deliveryId(header(request, 'x-atlassian-webhook-identifier'), request)
  const parsed = Payload.safeParse(json)
  if (!parsed.success) return ignored('nothing is read from a payload of this form', eventId)
  const payload = parsed.data
  const { issue, comment, attachment, user, timestamp } = payload
  const references = options.references === 'none' ? [] : referencesIn(...wordsOf(payload))
  const said = [...payloadMeaning(payload, options), ...attachmentChanges(payload)]
  // What it refers to is worth knowing before anything happens to it.
  if (said.length === 0 && references.length > 0) said.push({ type: 'link.added' })
  if (said.length === 0) return ignored('this event says nothing for a chat message', eventId)

  const who = user ?? comment?.updateAuthor ?? comment?.author ?? attachment?.author
  const written = typeof timestamp === 'string' && /^\d{1,16}$/.test(timestamp) ? Number(timestamp) : timestamp
  const common = {
    eventId,
    // Old servers write the timestamp without a zone; the issue and the comment say when they changed.
    occurredAt:
      parseTimestamp(written) ?? parseTimestamp(comment?.updated ?? attachment?.created ?? issue?.fields?.updated),
    actor: who?.accountId ?? who?.name ?? undefined,
    object: issue?.key,
    messageIds: [],
    references,
  }
  return understood(...said.map((each) => ({ ...common, ...each })))
}
