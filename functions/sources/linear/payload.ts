import * as z from 'zod'
import { emojiOf } from '../common/emoji.ts'
import {
  attachmentEvent,
  completedEvent,
  type EventMeaning,
  editedCommentEvent,
  editedEvent,
  editedTitleEvent,
  reactionEvent,
  unknownEmoji,
} from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'

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

/** The read part of Linear's events about issues, comments, reactions and attachments. */
export const Payload = z.object({
  action: z.string(),
  type: z.string(),
  createdAt: z.unknown().optional(),
  actor: z.object({ id: Text }).nullish(),
  data: Data,
  /** The changed fields with their former values. */
  updatedFrom: Former.nullish(),
})
type Payload = z.infer<typeof Payload>

/** The meanings or why there are none, the object, the words that may refer, and the person where that is not the actor. */
type ReadPayload = {
  meanings: EventMeaning[] | string
  object: string | undefined
  words: unknown[]
  user?: string | null | undefined
}
type DoneOption = { doneStates: string[] }

const irrelevantAction = 'this action says nothing for a chat message'

/** Reads what a payload says about which object. */
export function readPayload(payload: Payload, options: DoneOption): ReadPayload {
  const { data, action } = payload
  // A removed object no longer refers to anything.
  const current = action === 'remove' ? undefined : data
  const issueId = data.issueId ?? undefined
  switch (payload.type) {
    case 'Issue': {
      const words = [current?.title, current?.description, ...(current?.labels ?? []).map(({ name }) => name)]
      return { meanings: issueMeanings(payload, options), object: data.id, words }
    }
    case 'Comment':
      return { meanings: commentMeanings(payload), object: issueId, words: [current?.body] }
    case 'Reaction':
      return {
        meanings: reactionMeanings(payload),
        // A reaction to a comment is not one to its issue.
        object: data.commentId ?? issueId,
        words: [data.comment?.body],
        user: data.userId,
      }
    case 'Attachment':
      return { meanings: attachmentMeanings(payload), object: issueId, words: [current?.title, current?.url] }
    default:
      return { meanings: 'an event of this type says nothing for a chat message', object: undefined, words: [] }
  }
}

/** One update of an issue may be several changes. */
function issueMeanings(payload: Payload, options: DoneOption): EventMeaning[] {
  if (payload.action !== 'update') return []
  const completed = completedBy(payload, options)
  return [...(completed === undefined ? [] : [completedEvent(completed)]), ...editedBy(payload)]
}

/** A payload has the status that an issue has now, and when it was completed or canceled before. */
function completedBy({ data, updatedFrom }: Payload, { doneStates }: DoneOption): boolean | undefined {
  const state = data.state?.type
  if (!updatedFrom || !('stateId' in updatedFrom) || state === undefined) return undefined
  if (doneStates.includes(state)) return true
  const { completedAt, canceledAt } = updatedFrom
  const wasDone = (doneStates.includes('completed') && completedAt) || (doneStates.includes('canceled') && canceledAt)
  // Done and then canceled is not open again.
  return wasDone && state !== 'completed' && state !== 'canceled' ? false : undefined
}

function editedBy({ data, updatedFrom }: Payload): EventMeaning[] {
  if (updatedFrom && 'description' in updatedFrom) return [editedEvent(data.description ?? '')]
  return updatedFrom && 'title' in updatedFrom ? [editedTitleEvent(data.title ?? '')] : []
}

/** A comment is updated, too, when somebody reacts to it. */
function commentMeanings({ action, data, updatedFrom }: Payload): EventMeaning[] | string {
  if (action !== 'update' || !updatedFrom || !('body' in updatedFrom)) return 'no text of a comment was edited'
  return [editedCommentEvent(data.body ?? '')]
}

function reactionMeanings({ action, data }: Payload): EventMeaning[] | string {
  if (action !== 'create' && action !== 'remove') return irrelevantAction
  const emoji = characterOf(data.emoji ?? '')
  return emoji === undefined ? unknownEmoji : [reactionEvent(emoji, action === 'create')]
}

/** Linear sends short names, and characters. */
function characterOf(emoji: string): string | undefined {
  const isCharacter = /^\p{RGI_Emoji}$/v
  return emojiOf(emoji) ?? [emoji, `${emoji}\uFE0F`].find((written) => isCharacter.test(written))
}

/** Attachments link to other systems. One that leads to a chat message is a reference, not a file. */
function attachmentMeanings({ action, data: { id, title, url } }: Payload): EventMeaning[] | string {
  if (referencesIn(title, url).length > 0) return 'an attachment that leads to a chat message is no file'
  if ((action !== 'create' && action !== 'remove') || !title) return irrelevantAction
  return [attachmentEvent({ id, filename: title }, action === 'create')]
}
