import * as z from 'zod'
import { completedEvent, type EventMeaning, editedEvent } from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
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
import { wordsOfDelta } from './quill-delta.ts'

const Options = sourceOptions('clickup', ['completed', 'reaction']).extend({
  /** Whose text may refer to a chat message. Only a workspace's members and guests write in tasks. */
  references: z.enum(['everyone', 'none']).default('everyone'),
})
type Options = z.infer<typeof Options>

/**
 * ClickUp's webhooks (https://developer.clickup.com/docs/webhooktaskpayloads): a task done or opened again, by the type of
 * its status, its words edited, and what it refers to. The same change may come as taskUpdated and as an event of its own;
 * the id of its history item tells.
 */
export const clickup: Source<Options> = { options: Options, refusal: 403, authenticate, interpret }

/** https://developer.clickup.com/docs/webhooksignature */
function authenticate(request: WebhookRequest, _: Options, { secrets }: ReceiveContext): Verdict {
  const signature = header(request, 'x-signature')
  if (signature === undefined) return { kind: 'refused', detail: 'x-signature is missing: is this from ClickUp?' }
  return verifyHmac(request.body, signature, secrets, { prefix: '' })
    ? { kind: 'verified' }
    : {
        kind: 'refused',
        detail: 'x-signature does not match: is the secret the one that this very webhook was made with?',
      }
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

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const { data: payload } = Payload.safeParse(json)
  if (!payload) return ignored('nothing is read from an event of this form')
  const happenings = payload.history_items.flatMap((history): NormalizedEvent[] => {
    const { data: item } = Item.safeParse(history)
    if (!item) return []
    const { said, words } = toldBy(item, payload.event)
    const references = options.references === 'none' ? [] : referencesIn(...words)
    const meaning = said ?? (references.length > 0 ? { type: 'link.added' as const } : undefined)
    if (!meaning) return []
    return [
      {
        ...meaning,
        // What ClickUp says to tell repeated deliveries by.
        eventId: `${payload.webhook_id}:${item.id}`,
        occurredAt: item.date ? parseTimestamp(Number(item.date)) : undefined,
        actor: item.user ? (item.user.username ?? String(item.user.id)) : undefined,
        object: payload.task_id,
        messageIds: [],
        references,
      },
    ]
  })
  return happenings.length > 0 ? understood(...happenings) : ignored('this event says nothing for a chat message')
}

/** What one change of a task says, and the words that may refer to a chat message. */
function toldBy({ field, before, after, comment }: Item, event: string): { said?: EventMeaning; words: string[] } {
  switch (field) {
    case 'status': {
      const [was, is] = [isDone(before), isDone(after)]
      return { ...(was !== is && { said: completedEvent(is) }), words: [] }
    }
    case 'name': {
      if (typeof after !== 'string') return { words: [] }
      return { said: editedEvent(after, 'the name of a task is not its text'), words: [after] }
    }
    case 'content': {
      const described = wordsOfDelta(after)
      return described ? { said: editedEvent(described.text), words: described.words } : { words: [] }
    }
    case 'comment': {
      const text = comment?.text_content ?? ''
      const said = editedEvent(text, 'the text of a comment never edits a chat message')
      return { ...(event === 'taskCommentUpdated' && { said }), words: [text] }
    }
    case 'tag':
      return { words: Tags.safeParse(after).data?.map(({ name }) => name) ?? [] }
    case 'custom_field':
      return { words: typeof after === 'string' ? [after] : [] }
    default:
      return { words: [] }
  }
}

const Tags = z.array(z.object({ name: z.string() }))
const Done = z.object({ type: z.enum(['done', 'closed']) })

/** ClickUp's lists name their statuses as they like; the type says which of them are done. */
function isDone(status: unknown): boolean {
  return Done.safeParse(status).success
}
