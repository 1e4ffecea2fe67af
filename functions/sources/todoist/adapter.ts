import * as z from 'zod'
import { deliveryId } from '../common/event-id.ts'
import {
  attachmentEvent,
  completedEvent,
  type EventMeaning,
  editedCommentEvent,
  editedEvent,
  eventsOf,
} from '../common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
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

const Options = sourceOptions('todoist').extend({
  /** Whether completing a recurring task, which stays open for its next date, is done. */
  recurring: z.boolean().default(true),
  /** Only those who share a project write in it. */
  references: referencesOption(),
})
type Options = z.infer<typeof Options>

export const scheme = hmacScheme({
  signatureHeader: 'x-todoist-hmac-sha256',
  encoding: 'base64',
  idHeader: 'x-todoist-delivery-id',
})

/**
 * Todoist's webhooks (https://developer.todoist.com/api/v1/#tag/Webhooks): a task completed or open again, its text edited,
 * files in its comments, and references. A comment carries all its reactions, without saying which one is new.
 */
export const todoist: Source<Options> = {
  options: Options,
  success: 200,
  authenticate: authenticateByHmac(scheme, {
    missing: 'is this from Todoist?',
    mismatch: 'is the secret the app’s client secret?',
  }),
  interpret,
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

/** The object of an event, what happened to it, and the words that may refer to a chat message. */
type TaskEvent = { object: string; meanings: EventMeaning[]; words: unknown[] }

function interpret(json: unknown, request: WebhookRequest, options: Options): Interpretation {
  const eventId = deliveryId(header(request, 'x-todoist-delivery-id'), request)
  const { data: payload } = Payload.safeParse(json)
  const event = payload && (readTask(payload, options) ?? readComment(payload))
  if (!event) return ignored('nothing is read from an event of this form', eventId)
  return eventsOf(event.meanings, {
    eventId,
    occurredAt: parseTimestamp(payload.triggered_at),
    actor: payload.initiator?.id ?? payload.user_id,
    object: event.object,
    references: options.references === 'none' ? [] : referencesIn(...event.words),
  })
}

function readTask(payload: Payload, options: Options): TaskEvent | undefined {
  const { data: task } = Task.safeParse(payload.event_data)
  if (!task || !payload.event_name.startsWith('item:')) return undefined
  const words = [task.content, task.description, ...(task.labels ?? [])]
  return { object: task.id, meanings: taskMeanings(payload, task, options), words }
}

function taskMeanings(
  { event_name, event_data_extra }: Payload,
  task: z.infer<typeof Task>,
  { recurring }: Options,
): EventMeaning[] {
  const { old_item, update_intent } = event_data_extra ?? {}
  if (event_name === 'item:completed') return [completedEvent(true)]
  if (event_name === 'item:uncompleted') return [completedEvent(false)]
  if (event_name !== 'item:updated') return []
  if (update_intent === 'item_completed') return recurring ? [completedEvent(true)] : []
  return [
    ...(isEdited(old_item?.content, task.content) ? [editedEvent(task.content)] : []),
    ...(isEdited(old_item?.description, task.description)
      ? [editedEvent(task.description, 'the description of a task is not its text')]
      : []),
  ]
}

/** Whether a text was edited. It isn't where the former one is not known. */
function isEdited(before: string | null | undefined, now: string | null | undefined): now is string {
  return before !== undefined && typeof now === 'string' && before !== now
}

function readComment({ event_name, event_data }: Payload): TaskEvent | undefined {
  const { data: comment } = Comment.safeParse(event_data)
  if (!comment || !event_name.startsWith('note:')) return undefined
  const { item_id: object, content, item } = comment
  const texts = [content, item?.content, item?.description, ...(item?.labels ?? [])]
  const words = event_name === 'note:deleted' ? [] : texts
  if (event_name !== 'note:updated') return { object, meanings: fileMeanings(event_name, comment), words }
  return { object, meanings: typeof content === 'string' ? [editedCommentEvent(content)] : [], words }
}

function fileMeanings(eventName: string, { id, file_attachment: file }: z.infer<typeof Comment>): EventMeaning[] {
  if (!file?.file_name || !['note:added', 'note:deleted'].includes(eventName)) return []
  const attachment = {
    id,
    filename: file.file_name,
    ...(typeof file.file_size === 'number' && { filesize: String(file.file_size) }),
    ...(file.file_type && { mimetype: file.file_type }),
    ...(file.file_url && { googledownloadlink: file.file_url }),
  }
  return [attachmentEvent(attachment, eventName === 'note:added')]
}
