import * as z from 'zod'
import { emojiOf } from '../common/emoji.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import type { NormalizedEvent } from '../source.ts'

const Text = z.string().nullish()
const Labels = z.array(z.object({ title: Text })).nullish()
const Thing = z.object({ iid: z.int().nullish(), title: Text, description: Text, labels: Labels })
type Thing = z.infer<typeof Thing>
const Changed = z.object({ current: Text }).nullish()
/** As far as GitLab's events about issues, merge requests, comments and emoji are looked into. */
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

type Said = Pick<NormalizedEvent, 'type' | 'change' | 'reportOnly'>
/** What happened, to what (GitLab's own reference after the project's path), and the words that may refer. */
type Read = { said: Said | string; thing: string | undefined; words: (string | null | undefined)[] }

/** What a payload says, or why it says nothing. */
export function read(payload: Payload): Read {
  const { object_kind, object_attributes: attributes, issue, merge_request } = payload
  switch (object_kind) {
    case 'issue':
    case 'work_item':
      return { ...readThing(attributes, '#', payload.labels), said: saidOfThing(payload, 'close') }
    case 'merge_request':
      // Closed without a merge is work that was given up, not done.
      return { ...readThing(attributes, '!', payload.labels), said: saidOfThing(payload, 'merge') }
    case 'note': {
      const { thing, words } = issue ? readThing(issue, '#') : readThing(merge_request, '!')
      // GitLab writes notes of its own, which quote what others wrote.
      const own = attributes.system ? [] : [attributes.note]
      return { thing, words: [...words, ...own], said: saidOfNote(payload) }
    }
    case 'emoji':
      return { ...readAwarded(payload), said: saidOfEmoji(payload) }
    default:
      return { said: 'an event of this kind says nothing for a chat message', thing: undefined, words: [] }
  }
}

function readThing(thing: Thing | null | undefined, sign: '#' | '!', labels = thing?.labels): Omit<Read, 'said'> {
  if (thing?.iid == null) return { thing: undefined, words: [] }
  const words = [thing.title, thing.description, ...(labels ?? []).map(({ title }) => title)]
  return { thing: `${sign}${thing.iid}`, words }
}

/** An emoji on a comment is none on what is commented. */
function readAwarded({ object_attributes, issue, merge_request, note }: Payload): Omit<Read, 'said'> {
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

function saidOfThing({ object_attributes: { action, description }, changes }: Payload, done: string): Said | string {
  if (action === done) return { type: 'task.done', change: { kind: 'completed', value: true } }
  if (action === 'reopen') return { type: 'task.reopened', change: { kind: 'completed', value: false } }
  if (action === 'update' && changes?.description) {
    return { type: 'text.edited', change: { kind: 'text', text: changes.description.current ?? description ?? '' } }
  }
  if (action === 'update' && changes?.title) {
    const change = { kind: 'text', text: changes.title.current ?? '' } as const
    return { type: 'text.edited', change, reportOnly: 'a title is not the text of a chat message' }
  }
  return 'this action says nothing for a chat message'
}

function saidOfNote({ object_attributes: { action, note, system } }: Payload): Said | string {
  if (action !== 'update' || system) return 'a new comment says nothing for a chat message'
  const change = { kind: 'text', text: note ?? '' } as const
  return { type: 'text.edited', change, reportOnly: 'the text of a comment never edits a chat message' }
}

function saidOfEmoji({ event_type, object_attributes: { action, name } }: Payload): Said | string {
  const verb = event_type ?? action
  if (verb !== 'award' && verb !== 'revoke') return 'this action says nothing for a chat message'
  const emoji = emojiOf(name ?? '')
  if (emoji === undefined) return 'no character is known for this emoji’s name'
  const present = verb === 'award'
  return { type: present ? 'reaction.added' : 'reaction.removed', change: { kind: 'reaction', emoji, present } }
}
