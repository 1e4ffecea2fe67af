import * as z from 'zod'
import { deliveryId } from '../common/event-id.ts'
import { completedEvent, type EventMeaning, editedEvent } from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
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

const Options = sourceOptions('todoist', ['completed', 'reaction']).extend({
  /** Whether completing a recurring task, which stays open for its next date, is done. */
  recurring: z.boolean().default(true),
  /** Whose text may refer to a chat message. Only those who share a project write in it. */
  references: z.enum(['everyone', 'none']).default('everyone'),
})
type Options = z.infer<typeof Options>

/**
 * Todoist's webhooks (https://developer.todoist.com/api/v1/#tag/Webhooks): a task done or opened again, its words edited,
 * files in its comments, and what it refers to. A comment carries all its reactions, and not which one is new.
 */
export const todoist: Source<Options> = { options: Options, success: 200, authenticate, interpret }

function authenticate(request: WebhookRequest, _: Options, { secrets }: ReceiveContext): Verdict {
  const signature = header(request, 'x-todoist-hmac-sha256')
  if (signature === undefined) {
    return { kind: 'refused', detail: 'x-todoist-hmac-sha256 is missing: is this from Todoist?' }
  }
  return verifyHmac(request.body, signature, secrets, { encoding: 'base64', prefix: '' })
    ? { kind: 'verified' }
    : { kind: 'refused', detail: 'x-todoist-hmac-sha256 does not match: is the secret the app’s client secret?' }
}

/** Ids were numbers before version 9 of the API. */
const Id = z.union([nonEmptyString(), z.number().transform(String)])
const Words = z.object({ content: z.string().nullish(), description: z.string().nullish() })
const Task = Words.extend({ id: Id, labels: z.array(z.unknown()).nullish() })
const Comment = z.object({
  id: Id,
  item_id: Id,
  content: z.string().nullish(),
  item: Task.nullish(),
  file_attachment: z
    .object({
      file_name: z.string().nullish(),
      file_size: z.number().nullish(),
      file_type: z.string().nullish(),
      file_url: z.string().nullish(),
    })
    .nullish(),
})
const Payload = z.object({
  event_name: z.string(),
  user_id: Id.nullish(),
  initiator: z.object({ id: Id }).nullish(),
  triggered_at: z.string().nullish(),
  event_data: z.unknown().optional(),
  event_data_extra: z.object({ old_item: Words.nullish(), update_intent: z.string().nullish() }).nullish(),
})
type Payload = z.infer<typeof Payload>

/** What happened to a task, and the words that may refer to a chat message. */
type Told = { object: string; meanings: EventMeaning[]; words: unknown[] }

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = deliveryId(header(request, 'x-todoist-delivery-id'), request)
  const { data: payload } = Payload.safeParse(json)
  const told = payload && (toldOfTask(payload, options) ?? toldOfComment(payload))
  if (!told) return ignored('nothing is read from an event of this form', eventId)
  const texts = told.words.filter((word) => typeof word === 'string')
  const references = options.references === 'none' ? [] : referencesIn(...texts)
  const said = told.meanings.length === 0 && references.length > 0 ? [{ type: 'link.added' } as const] : told.meanings
  if (said.length === 0) return ignored('this event says nothing for a chat message', eventId)
  const common = {
    eventId,
    occurredAt: parseTimestamp(payload.triggered_at),
    actor: payload.initiator?.id ?? payload.user_id ?? undefined,
    object: told.object,
    messageIds: [],
    references,
  }
  return understood(...said.map((each) => ({ ...common, ...each })))
}

function toldOfTask({ event_name, event_data, event_data_extra }: Payload, options: Options): Told | undefined {
  const { data: task } = Task.safeParse(event_data)
  if (!task || !event_name.startsWith('item:')) return undefined
  const { old_item, update_intent } = event_data_extra ?? {}
  const words = [task.content, task.description, ...(task.labels ?? [])]
  const tells = (...meanings: EventMeaning[]) => ({ object: task.id, meanings, words })
  switch (event_name) {
    case 'item:completed':
      return tells(completedEvent(true))
    case 'item:uncompleted':
      return tells(completedEvent(false))
    case 'item:updated':
      if (update_intent === 'item_completed') return options.recurring ? tells(completedEvent(true)) : tells()
      return tells(
        ...edited(old_item?.content, task.content),
        ...edited(old_item?.description, task.description, 'the description of a task is not its text'),
      )
    default:
      return tells()
  }
}

function toldOfComment({ event_name, event_data }: Payload): Told | undefined {
  const { data: comment } = Comment.safeParse(event_data)
  if (!comment || !event_name.startsWith('note:')) return undefined
  const { id, content, item, file_attachment: file } = comment
  const words =
    event_name === 'note:deleted' ? [] : [content, item?.content, item?.description, ...(item?.labels ?? [])]
  const tells = (...meanings: EventMeaning[]) => ({ object: comment.item_id, meanings, words })
  if (event_name === 'note:updated') {
    return tells(...edited(null, content, 'the text of a comment never edits a chat message'))
  }
  if (!file?.file_name || !['note:added', 'note:deleted'].includes(event_name)) return tells()
  const present = event_name === 'note:added'
  const attachment = {
    id,
    filename: file.file_name,
    ...(typeof file.file_size === 'number' && { filesize: String(file.file_size) }),
    ...(file.file_type && { mimetype: file.file_type }),
    ...(file.file_url && { googledownloadlink: file.file_url }),
  }
  const type = present ? 'attachment.added' : 'attachment.removed'
  return tells({ type, change: { kind: 'attachment', attachment, present } })
}

/** An edit, where it is known what was there before. */
function edited(
  before: string | null | undefined,
  now: string | null | undefined,
  reportOnly?: string,
): EventMeaning[] {
  if (before === undefined || typeof now !== 'string' || before === now) return []
  return [editedEvent(now, reportOnly)]
}
