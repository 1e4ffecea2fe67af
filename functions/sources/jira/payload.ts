import * as z from 'zod'
import type { Attachment } from '../../state/changes.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import type { NormalizedEvent } from '../source.ts'

const Text = z.string().nullish()
/** Cloud tells people apart by their account's id, Server by their name. */
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

/** As far as Jira's events about issues, comments and files are looked into. */
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

type Said = Pick<NormalizedEvent, 'type' | 'change' | 'reportOnly'>

/** What an event says of the issue and its texts; one change of an issue may be several. */
export function payloadMeaning(payload: Payload, { doneStatuses }: { doneStatuses: string[] }): Said[] {
  const { webhookEvent, issue_event_type_name: name, comment } = payload
  // Server sends an edited comment as a change of the issue, too.
  if (webhookEvent === 'comment_updated' || name === 'issue_comment_edited') {
    const text = textOf(comment?.body)
    if (text === undefined) return []
    const change = { kind: 'text', text } as const
    return [{ type: 'text.edited', change, reportOnly: 'the text of a comment never edits a chat message' }]
  }
  if (webhookEvent !== 'jira:issue_updated') return []
  const value = completedBy(payload, doneStatuses)
  const type = value ? 'task.done' : 'task.reopened'
  return [
    ...(value === undefined ? [] : [{ type, change: { kind: 'completed', value } } as const]),
    ...editedBy(payload),
  ]
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

function editedBy({ changelog, issue }: Payload): Said[] {
  const fields = new Set(changelog?.items.map(({ field }) => field))
  const description = textOf(issue?.fields?.description ?? '')
  if (fields.has('description') && description !== undefined) {
    return [{ type: 'text.edited', change: { kind: 'text', text: description } }]
  }
  if (!fields.has('summary')) return []
  const change = { kind: 'text', text: issue?.fields?.summary ?? '' } as const
  return [{ type: 'text.edited', change, reportOnly: 'a title is not the text of a chat message' }]
}

/** Files that came or went: an event of its own, which names no issue, and a change of the issue that lists its files. */
export function attachmentChanges({ webhookEvent, attachment, changelog, issue }: Payload): Said[] {
  if (webhookEvent === 'attachment_created' && attachment) return [fileSaid(attachment, true)]
  if (webhookEvent === 'attachment_deleted' && attachment) return [fileSaid(attachment, false)]
  return (changelog?.items ?? []).flatMap(({ field, from, fromString, to }) => {
    if (field !== 'Attachment') return []
    const added = to && issue?.fields?.attachment?.find(({ id }) => id === to)
    if (added) return [fileSaid(added, true)]
    return from && fromString && !to ? [fileSaid({ id: from, filename: fromString }, false)] : []
  })
}

function fileSaid({ id, filename, size, mimeType, created }: Partial<z.infer<typeof File>>, present: boolean): Said {
  const at = parseTimestamp(created)
  const attachment: Attachment = {
    id,
    filename: filename ?? '',
    ...(size != null && { filesize: `${size}` }),
    ...(mimeType != null && { mimetype: mimeType }),
    ...(at !== undefined && { created: at }),
  }
  return {
    type: present ? 'attachment.added' : 'attachment.removed',
    change: { kind: 'attachment', attachment, present },
  }
}

/** What people read and may refer in: title, description, labels, their own fields, and a comment. */
export function wordsOf({ issue, comment }: Payload): string[] {
  const { summary, description, labels, ...fields } = issue?.fields ?? {}
  const own = Object.entries(fields).flatMap(([name, value]) => (name.startsWith('customfield_') ? [value] : []))
  return [...(labels ?? []), summary, description, ...own, comment?.body].flatMap((words) => textOf(words) ?? [])
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
