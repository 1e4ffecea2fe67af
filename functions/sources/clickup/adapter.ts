import * as z from 'zod'
import {
  completedEvent,
  type EventMeaning,
  editedCommentEvent,
  editedEvent,
  editedTitleEvent,
  eventsOf,
  irrelevant,
} from '../common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  type Interpretation,
  ignored,
  referencesOption,
  type Source,
  sourceOptions,
  type WebhookRequest,
} from '../source.ts'
import { wordsOfDelta } from './quill-delta.ts'

const Options = sourceOptions('clickup').extend({
  /** Only a workspace's members and guests write in tasks. */
  references: referencesOption(),
})
type Options = z.infer<typeof Options>

/** https://developer.clickup.com/docs/webhooksignature */
export const scheme = hmacScheme({ signatureHeader: 'x-signature', signaturePrefix: '' })

/**
 * ClickUp's webhooks (https://developer.clickup.com/docs/webhooktaskpayloads): a task done or open again, by the type of
 * its status, its text edited, and its references. One change may come as taskUpdated and as an event of its own, with the
 * same id of the history item.
 */
export const clickup: Source<Options> = {
  options: Options,
  refusal: 403,
  authenticate: authenticateByHmac(scheme, {
    missing: 'is this from ClickUp?',
    mismatch: 'is the secret the one that this very webhook was made with?',
  }),
  interpret,
}

const Item = z.object({
  id: nonEmptyString(),
  date: z.union([z.string(), z.number()]).nullish(),
  field: z.string(),
  user: z.object({ id: z.union([z.string(), z.number()]), username: z.string().nullish() }).nullish(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  comment: z.object({ text_content: z.string().nullish() }).nullish(),
})
type Item = z.infer<typeof Item>
const Payload = z.object({
  event: z.string(),
  task_id: nonEmptyString(),
  webhook_id: nonEmptyString(),
  history_items: z.array(z.unknown()),
})
type Payload = z.infer<typeof Payload>

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const { data: payload } = Payload.safeParse(json)
  if (!payload) return ignored('nothing is read from an event of this form')
  const changes = payload.history_items.flatMap((item) => {
    const { data: change } = Item.safeParse(item)
    return change ? [changeEvents(change, payload, options)] : []
  })
  const events = changes.flatMap((change) => (change.kind === 'understood' ? change.events : []))
  return events.length > 0 ? { kind: 'understood', events, ignored: [] } : ignored(irrelevant)
}

function changeEvents(item: Item, { event, task_id, webhook_id }: Payload, options: Options): Interpretation {
  const { meaning, words } = changeOf(item, event)
  return eventsOf(meaning ? [meaning] : irrelevant, {
    // ClickUp names these two to recognise a repeated delivery.
    eventId: `${webhook_id}:${item.id}`,
    occurredAt: item.date ? parseTimestamp(Number(item.date)) : undefined,
    actor: item.user && (item.user.username ?? String(item.user.id)),
    object: task_id,
    references: options.references === 'none' ? [] : referencesIn(...words),
  })
}

/** What one change of a task means, and the words that may refer to a chat message. */
function changeOf(
  { field, before, after, comment }: Item,
  event: string,
): { meaning?: EventMeaning; words: unknown[] } {
  switch (field) {
    case 'status': {
      const [was, is] = [isDone(before), isDone(after)]
      return { ...(was !== is && { meaning: completedEvent(is) }), words: [] }
    }
    case 'name':
      return { ...(typeof after === 'string' && { meaning: editedTitleEvent(after) }), words: [after] }
    case 'content': {
      const described = wordsOfDelta(after)
      return described ? { meaning: editedEvent(described.text), words: described.words } : { words: [] }
    }
    case 'comment': {
      const text = comment?.text_content ?? ''
      return { ...(event === 'taskCommentUpdated' && { meaning: editedCommentEvent(text) }), words: [text] }
    }
    case 'tag':
      return { words: Tags.safeParse(after).data?.map(({ name }) => name) ?? [] }
    case 'custom_field':
      return { words: [after] }
    default:
      return { words: [] }
  }
}

const Tags = z.array(z.object({ name: z.string() }))
const Done = z.object({ type: z.enum(['done', 'closed']) })

/** Each list names its statuses; the type says which of them are done. */
function isDone(status: unknown): boolean {
  return Done.safeParse(status).success
}
