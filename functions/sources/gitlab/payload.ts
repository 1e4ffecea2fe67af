import * as z from 'zod'
import { emojiOf } from '../common/emoji.ts'
import {
  completedEvent,
  type EventMeaning,
  editedCommentEvent,
  editedEvent,
  editedTitleEvent,
  reactionEvent,
  unknownEmoji,
} from '../common/event-meaning.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'

const Text = z.string().nullish()
const Labels = z.array(z.object({ title: Text })).nullish()
const Thing = z.object({ iid: z.int().nullish(), title: Text, description: Text, labels: Labels })
type Thing = z.infer<typeof Thing>
const Changed = z.object({ current: Text }).nullish()
/** The read part of GitLab's events about issues, merge requests, comments and emoji. */
export const Payload = z.object({
  object_kind: z.string(),
  event_type: Text,
  user: z.object({ username: Text }).nullish(),
  project: z.object({ path_with_namespace: nonEmptyString() }).nullish(),
  object_attributes: Thing.extend({
    action: Text,
    updated_at: z.unknown().optional(),
    name: Text,
    awardable_type: Text,
    note: Text,
    system: z.boolean().nullish(),
  }),
  labels: Labels,
  changes: z.object({ title: Changed, description: Changed }).nullish(),
  issue: Thing.nullish(),
  merge_request: Thing.nullish(),
  note: z.object({ id: z.int(), note: Text }).nullish(),
})
export type Payload = z.infer<typeof Payload>

/** The meaning or why there is none, the object (GitLab's reference after the project's path), and the words that may refer. */
type ReadPayload = { meaning: EventMeaning | string; thing: string | undefined; words: unknown[] }

const irrelevantAction = 'this action says nothing for a chat message'

/** Reads what a payload says about which object. */
export function readPayload(payload: Payload): ReadPayload {
  const { object_kind, object_attributes: attributes, issue, merge_request } = payload
  switch (object_kind) {
    case 'issue':
    case 'work_item':
      return { ...readThing(attributes, '#', payload.labels), meaning: meaningOfThing(payload, 'close') }
    case 'merge_request':
      // Closed without a merge is given up, not done.
      return { ...readThing(attributes, '!', payload.labels), meaning: meaningOfThing(payload, 'merge') }
    case 'note': {
      const { thing, words } = issue ? readThing(issue, '#') : readThing(merge_request, '!')
      // GitLab writes notes of its own, which quote other people.
      const own = attributes.system ? [] : [attributes.note]
      return { thing, words: [...words, ...own], meaning: meaningOfNote(payload) }
    }
    case 'emoji':
      return { ...readAwarded(payload), meaning: meaningOfEmoji(payload) }
    default:
      return { meaning: 'an event of this kind says nothing for a chat message', thing: undefined, words: [] }
  }
}

function readThing(
  thing: Thing | null | undefined,
  sign: '#' | '!',
  labels = thing?.labels,
): Omit<ReadPayload, 'meaning'> {
  if (thing?.iid == null) return { thing: undefined, words: [] }
  const words = [thing.title, thing.description, ...(labels ?? []).map(({ title }) => title)]
  return { thing: `${sign}${thing.iid}`, words }
}

/** The object of an emoji; one on a comment is not one on the issue. */
function readAwarded({ object_attributes, issue, merge_request, note }: Payload): Omit<ReadPayload, 'meaning'> {
  switch (object_attributes.awardable_type) {
    case 'Issue':
      return readThing(issue, '#')
    case 'MergeRequest':
      return readThing(merge_request, '!')
    case 'Note':
      return note ? { thing: `#note_${note.id}`, words: [note.note] } : { thing: undefined, words: [] }
    default:
      return { thing: undefined, words: [] }
  }
}

function meaningOfThing({ object_attributes, changes }: Payload, doneAction: string): EventMeaning | string {
  const { action, description } = object_attributes
  if (action === doneAction) return completedEvent(true)
  if (action === 'reopen') return completedEvent(false)
  if (action === 'update' && changes?.description) return editedEvent(changes.description.current ?? description ?? '')
  if (action === 'update' && changes?.title) return editedTitleEvent(changes.title.current ?? '')
  return irrelevantAction
}

function meaningOfNote({ object_attributes: { action, note, system } }: Payload): EventMeaning | string {
  if (action !== 'update' || system) return 'a new comment says nothing for a chat message'
  return editedCommentEvent(note ?? '')
}

function meaningOfEmoji({ event_type, object_attributes: { action, name } }: Payload): EventMeaning | string {
  const verb = event_type ?? action
  if (verb !== 'award' && verb !== 'revoke') return irrelevantAction
  const emoji = emojiOf(name ?? '')
  return emoji === undefined ? unknownEmoji : reactionEvent(emoji, verb === 'award')
}
