import * as z from 'zod'
import { emojiOf } from '../common/emoji.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import type { NormalizedEvent } from '../source.ts'

const Text = z.string().nullish()
const Former = z.looseObject({ completedAt: Text, canceledAt: Text })
const Data = z.object({
  id: nonEmptyString(),
  title: Text,
  description: Text,
  body: Text,
  url: Text,
  emoji: Text,
  labels: z.array(z.object({ name: Text })).nullish(),
  state: z.object({ type: z.string() }).nullish(),
  userId: Text,
  issueId: Text,
  commentId: Text,
  comment: z.object({ body: Text }).nullish(),
})

/** As far as Linear's events about issues, comments, reactions and attachments are looked into. */
export const Payload = z.object({
  action: z.string(),
  type: z.string(),
  createdAt: z.unknown().optional(),
  actor: z.object({ id: Text }).nullish(),
  data: Data,
  /** What changed, with the values before. */
  updatedFrom: Former.nullish(),
})
type Payload = z.infer<typeof Payload>

type Said = Pick<NormalizedEvent, 'type' | 'change' | 'reportOnly'>
/** What happened, to what, the words that may refer, and whose it is where that is not the actor's. */
type Read = { said: Said[] | string; object: string | undefined; words: (string | null | undefined)[]; user?: string }
type Meant = { doneStates: string[] }

/** What a payload says, or why it says nothing. */
export function read(payload: Payload, options: Meant): Read {
  const { data, action } = payload
  // What is gone refers to nothing any more.
  const current = action === 'remove' ? undefined : data
  const issueId = data.issueId ?? undefined
  switch (payload.type) {
    case 'Issue': {
      const words = [current?.title, current?.description, ...(current?.labels ?? []).map(({ name }) => name)]
      return { said: saidOfIssue(payload, options), object: data.id, words }
    }
    case 'Comment':
      return { said: saidOfComment(payload), object: issueId, words: [current?.body] }
    case 'Reaction': {
      // A reaction to a comment is none to its issue.
      const object = data.commentId ?? issueId
      const user = data.userId != null && { user: data.userId }
      return { said: saidOfReaction(payload), object, words: [data.comment?.body], ...user }
    }
    case 'Attachment':
      return { said: saidOfAttachment(payload), object: issueId, words: [current?.title, current?.url] }
    default:
      return { said: 'an event of this type says nothing for a chat message', object: undefined, words: [] }
  }
}

/** One update of an issue may be several changes. */
function saidOfIssue(payload: Payload, options: Meant): Said[] {
  if (payload.action !== 'update') return []
  const value = completedBy(payload, options)
  const type = value ? 'task.done' : 'task.reopened'
  return [
    ...(value === undefined ? [] : [{ type, change: { kind: 'completed', value } } as const]),
    ...editedBy(payload),
  ]
}

/** A payload tells the status that an issue has now, and when it was completed or canceled before. */
function completedBy({ data, updatedFrom }: Payload, { doneStates }: Meant): boolean | undefined {
  const state = data.state?.type
  if (!updatedFrom || !('stateId' in updatedFrom) || state === undefined) return undefined
  if (doneStates.includes(state)) return true
  const { completedAt, canceledAt } = updatedFrom
  const wasDone = (doneStates.includes('completed') && completedAt) || (doneStates.includes('canceled') && canceledAt)
  // Done and then canceled is not open again.
  return wasDone && state !== 'completed' && state !== 'canceled' ? false : undefined
}

function editedBy({ data, updatedFrom }: Payload): Said[] {
  if (updatedFrom && 'description' in updatedFrom) {
    return [{ type: 'text.edited', change: { kind: 'text', text: data.description ?? '' } }]
  }
  if (!updatedFrom || !('title' in updatedFrom)) return []
  const change = { kind: 'text', text: data.title ?? '' } as const
  return [{ type: 'text.edited', change, reportOnly: 'a title is not the text of a chat message' }]
}

/** A comment changes, too, when somebody reacts to it. */
function saidOfComment({ action, data, updatedFrom }: Payload): Said[] | string {
  if (action !== 'update' || !updatedFrom || !('body' in updatedFrom)) return 'no text of a comment was edited'
  const change = { kind: 'text', text: data.body ?? '' } as const
  return [{ type: 'text.edited', change, reportOnly: 'the text of a comment never edits a chat message' }]
}

function saidOfReaction({ action, data }: Payload): Said[] | string {
  if (action !== 'create' && action !== 'remove') return 'this action says nothing for a chat message'
  const emoji = characterOf(data.emoji ?? '')
  if (emoji === undefined) return 'no character is known for this emoji’s name'
  const present = action === 'create'
  return [{ type: present ? 'reaction.added' : 'reaction.removed', change: { kind: 'reaction', emoji, present } }]
}

/** Linear sends short names, and characters. */
function characterOf(emoji: string): string | undefined {
  const isCharacter = /^\p{RGI_Emoji}$/v
  return emojiOf(emoji) ?? [emoji, `${emoji}\uFE0F`].find((written) => isCharacter.test(written))
}

/** Attachments are links to other systems. One that leads to a chat message says where the issue belongs, and is no file. */
function saidOfAttachment({ action, data: { id, title, url } }: Payload): Said[] | string {
  if (referencesIn(title, url).length > 0) return 'an attachment that leads to a chat message is no file'
  if ((action !== 'create' && action !== 'remove') || !title) return 'this action says nothing for a chat message'
  const present = action === 'create'
  const change = { kind: 'attachment', attachment: { id, filename: title }, present } as const
  return [{ type: present ? 'attachment.added' : 'attachment.removed', change }]
}
