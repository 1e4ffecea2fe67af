import * as z from 'zod'
import { deliveryId } from '../common/event-id.ts'
import { eventsOf, unreadable } from '../common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type Interpretation,
  ignored,
  referencesOption,
  type Source,
  sourceOptions,
  type WebhookRequest,
} from '../source.ts'
import { attachmentChanges, meaningsOf, Payload, wordsOf } from './payload.ts'

const Options = sourceOptions('jira').extend({
  /** `none` where customers write issues and comments (Jira Service Management). */
  references: referencesOption(),
  /**
   * The statuses that an issue leaves when it is reopened, in any case. A payload has the category of the new status, and
   * only the name of the former. Not needed where a workflow clears the resolution.
   */
  doneStatuses: z
    .array(z.string().toLowerCase())
    .default(['done', 'closed', 'resolved', 'fertig', 'erledigt', 'geschlossen', 'gelöst']),
})
type Options = z.infer<typeof Options>

export const scheme = hmacScheme({
  signatureHeader: 'x-hub-signature',
  idHeader: 'x-atlassian-webhook-identifier',
})

/**
 * Jira's webhooks, of Cloud (https://developer.atlassian.com/cloud/jira/platform/webhooks/) and of Server or Data Center:
 * an issue done or reopened, an edited text, files. The object is the issue's key. Jira has no event for reactions.
 */
export const jira: Source<Options> = {
  options: Options,
  authenticate: authenticateByHmac(scheme, {
    missing: 'give the webhook a secret in Jira.',
    mismatch: 'compare the secret in Jira with this source’s.',
  }),
  interpret,
}

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = deliveryId(header(request, 'x-atlassian-webhook-identifier'), request)
  const payload = Payload.safeParse(json).data
  if (!payload) return ignored(unreadable, eventId)
  const { issue, comment, attachment, user, timestamp } = payload
  const person = user ?? comment?.updateAuthor ?? comment?.author ?? attachment?.author
  const milliseconds = typeof timestamp === 'string' && /^\d{1,16}$/.test(timestamp) ? Number(timestamp) : timestamp
  return eventsOf([...meaningsOf(payload, options), ...attachmentChanges(payload)], {
    eventId,
    // Old servers write the timestamp without a zone; the issue and the comment have times with one.
    occurredAt:
      parseTimestamp(milliseconds) ?? parseTimestamp(comment?.updated ?? attachment?.created ?? issue?.fields?.updated),
    actor: person?.accountId ?? person?.name,
    object: issue?.key,
    references: options.references === 'none' ? [] : referencesIn(...wordsOf(payload)),
  })
}
