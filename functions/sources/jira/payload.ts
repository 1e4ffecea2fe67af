import * as z from 'zod'
import {
  attachmentEvent,
  completedEvent,
  type EventMeaning,
  editedCommentEvent,
  editedEvent,
  editedTitleEvent,
} from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { parseTimestamp } from '../common/timestamp.ts'

const Text = z.string().nullish()
/** Cloud identifies people by their account's id, Server by their name. */
const User = z.object({ accountId: Text, name: Text }).nullish()
const Id = z.union([z.string(), z.int().transform(String)])
const File = z.object({
  id: Id,
  filename: z.string(),
  author: User,
  created: z.unknown().optional(),
  size: z.union([z.number(), z.string()]).nullish(),
  mimeType: Text,
})
const Fields = z.looseObject({
  updated: z.unknown().optional(),
  description: z.unknown().optional(),
  summary: Text,
  labels: z.array(z.string()).nullish(),
  status: z.object({ statusCategory: z.object({ key: z.string() }).nullish() }).nullish(),
  attachment: z.array(File).nullish(),
})
const Item = z.object({ field: z.string(), from: Text, fromString: Text, to: Text })
const Comment = z.object({
  body: z.unknown().optional(),
  author: User,
  updateAuthor: User,
  updated: z.unknown().optional(),
})

/** The read part of Jira's events about issues, comments and files. */
export const Payload = z.object({
  webhookEvent: z.string(),
  issue_event_type_name: Text,
  timestamp: z.unknown().optional(),
  user: User,
  issue: z.object({ key: nonEmptyString(), fields: Fields.nullish() }).nullish(),
  changelog: z.object({ items: z.array(Item) }).nullish(),
  comment: Comment.nullish(),
  attachment: File.nullish(),
})
export type Payload = z.infer<typeof Payload>

/** What an event says about the issue and its texts; one change may have several meanings. */
export function meaningsOf(payload: Payload, { doneStatuses }: { doneStatuses: string[] }): EventMeaning[] {
  const { webhookEvent, issue_event_type_name: name, comment } = payload
  // Server sends an edited comment as a change of the issue, too.
  if (webhookEvent === 'comment_updated' || name === 'issue_comment_edited') {
    return typeof comment?.body === 'string' ? [editedCommentEvent(comment.body)] : []
  }
  if (webhookEvent !== 'jira:issue_updated') return []
  const completed = completedBy(payload, doneStatuses)
  return [...(completed === undefined ? [] : [completedEvent(completed)]), ...editedBy(payload)]
}

/**
 * Whether the issue was finished or reopened, if either. A workflow may set a resolution, move the issue to a status of
 * the category done, or both.
 */
function completedBy({ changelog, issue }: Payload, doneStatuses: string[]): boolean | undefined {
  const status = changelog?.items.find(({ field }) => field === 'status')
  const resolution = changelog?.items.find(({ field }) => field === 'resolution')
  const category = issue?.fields?.status?.statusCategory?.key
  if (status && category === 'done') return true
  if (resolution?.to && !resolution.from) return true
  if (resolution?.from && !resolution.to) return false
  const wasDone = doneStatuses.includes(status?.fromString?.toLowerCase() ?? '')
  return status && category !== undefined && wasDone ? false : undefined
}

function editedBy({ changelog, issue }: Payload): EventMeaning[] {
  const fields = new Set(changelog?.items.map(({ field }) => field))
  const description = issue?.fields?.description ?? ''
  if (fields.has('description') && typeof description === 'string') return [editedEvent(description)]
  return fields.has('summary') ? [editedTitleEvent(issue?.fields?.summary ?? '')] : []
}

/** Added and removed files: as an event of its own, which names no issue, or as a change of an issue with its list of files. */
export function attachmentChanges({ webhookEvent, attachment, changelog, issue }: Payload): EventMeaning[] {
  if (webhookEvent === 'attachment_created' && attachment) return [fileEvent(attachment, true)]
  if (webhookEvent === 'attachment_deleted' && attachment) return [fileEvent(attachment, false)]
  return (changelog?.items ?? []).flatMap(({ field, from, fromString, to }) => {
    if (field !== 'Attachment') return []
    const added = to && issue?.fields?.attachment?.find(({ id }) => id === to)
    if (added) return [fileEvent(added, true)]
    return from && fromString && !to ? [fileEvent({ id: from, filename: fromString }, false)] : []
  })
}

function fileEvent({ id, filename, size, mimeType, created }: Partial<z.infer<typeof File>>, present: boolean) {
  const at = parseTimestamp(created)
  const attachment = {
    id,
    filename: filename ?? '',
    ...(size != null && { filesize: `${size}` }),
    ...(mimeType != null && { mimetype: mimeType }),
    ...(at !== undefined && { created: at }),
  }
  return attachmentEvent(attachment, present)
}

/** The words that may refer: labels, title, description, custom fields and a comment. */
export function wordsOf({ issue, comment }: Payload): unknown[] {
  const { summary, description, labels, ...fields } = issue?.fields ?? {}
  const custom = Object.entries(fields).flatMap(([name, value]) => (name.startsWith('customfield_') ? [value] : []))
  return [...(labels ?? []), summary, description, ...custom, comment?.body]
}
