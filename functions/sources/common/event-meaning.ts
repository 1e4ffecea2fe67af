import type { Attachment } from '../../state/changes.ts'
import { type Interpretation, ignored, type NormalizedEvent, understood } from '../source.ts'

/** What an event says, apart from when, by whom and about which object. */
export type EventMeaning = Pick<NormalizedEvent, 'type' | 'change' | 'reportOnly'>

export const irrelevant = 'this event says nothing for a chat message'
export const unreadable = 'nothing is read from a payload of this form'
export const unknownEmoji = 'no character is known for this emoji’s name'

export function completedEvent(value: boolean): EventMeaning {
  return { type: value ? 'task.done' : 'task.reopened', change: { kind: 'completed', value } }
}

export function reactionEvent(emoji: string, present: boolean): EventMeaning {
  return { type: present ? 'reaction.added' : 'reaction.removed', change: { kind: 'reaction', emoji, present } }
}

export function attachmentEvent(attachment: Attachment, present: boolean): EventMeaning {
  const type = present ? 'attachment.added' : 'attachment.removed'
  return { type, change: { kind: 'attachment', attachment, present } }
}

/** @param reportOnly why this text never changes a chat message */
export function editedEvent(text: string, reportOnly?: string): EventMeaning {
  return { type: 'text.edited', change: { kind: 'text', text }, ...(reportOnly !== undefined && { reportOnly }) }
}

export function editedCommentEvent(text: string): EventMeaning {
  return editedEvent(text, 'the text of a comment never edits a chat message')
}

export function editedTitleEvent(text: string): EventMeaning {
  return editedEvent(text, 'a title is not the text of a chat message')
}

/** What the events of one object share. */
type ObjectDetails = Pick<NormalizedEvent, 'eventId' | 'occurredAt' | 'object' | 'references'> & {
  actor?: string | null | undefined
}

/**
 * The events about one object. Where nothing else happened, an object whose text refers to chat messages is linked to them.
 * @param meanings what happened, or why nothing did
 */
export function eventsOf(meanings: EventMeaning[] | string, { actor, ...details }: ObjectDetails): Interpretation {
  const { references = [], object, eventId } = details
  const happened = typeof meanings === 'string' ? [] : meanings
  if (happened.length === 0 && (references.length === 0 || object === undefined)) {
    return ignored(typeof meanings === 'string' ? meanings : irrelevant, eventId)
  }
  const all: EventMeaning[] = happened.length > 0 ? happened : [{ type: 'link.added' }]
  return understood(...all.map((meaning) => ({ ...details, actor: actor ?? undefined, ...meaning, messageIds: [] })))
}
