import { loadEmojis, shortNameOf } from '../common/emoji.ts'
import {
  defaultText,
  hmacProof,
  idOf,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  paragraphs,
  type SampleEvent,
  type Samples,
} from '../common/sample.ts'
import { type linear, scheme } from './adapter.ts'

type Options = OptionsOf<typeof linear>
type Type = keyof typeof actions

/** Linear's type and action for each event. */
const actions = {
  'task.done': { type: 'Issue', action: 'update' },
  'task.reopened': { type: 'Issue', action: 'update' },
  'reaction.added': { type: 'Reaction', action: 'create' },
  'reaction.removed': { type: 'Reaction', action: 'remove' },
  'text.edited': { type: 'Issue', action: 'update' },
  'attachment.added': { type: 'Attachment', action: 'create' },
  'attachment.removed': { type: 'Attachment', action: 'remove' },
  'link.added': { type: 'Issue', action: 'create' },
} as const

/**
 * An event of an issue; the object is its UUID, and its description refers to the chat message. A reaction and an attachment
 * carry no text that could, so there it stands in the URL.
 */
export const sample: Samples<Options, Type> = {
  types: Object.keys(actions) as Type[],
  ready: loadEmojis,

  needs(type, options) {
    if (type.startsWith('task') && options.doneStates.length === 0) return { doneStates: ['completed'] }
    return needsReferences(type, options)
  },

  write(event, { options, ...sender }) {
    const { id: eventId, type, occurredAt: createdAt, actor: id = 'b5ea5f1f-8adc-4f52-b4bd-ab4e84cf51ba' } = event
    const action = actions[type]
    const { reference, path } = naming(event, options.references !== 'none' && action.type === 'Issue')
    const writeData = { Issue: issue, Reaction: reaction, Attachment: attachment }[action.type]
    const payload = {
      ...action,
      actor: { id, type: 'user' },
      createdAt,
      webhookTimestamp: sender.now.getTime(),
      ...writeData({ ...event, actor: id }, reference, options),
    }
    const headers = { 'linear-event': action.type }
    return jsonSample(payload, eventId, hmacProof(scheme, sender, eventId), { path, headers })
  },
}

const exampleIssue = '539068e2-ae88-4d09-bd75-22eb4a59612f'

function issue(
  { type, object: id = exampleIssue, text, occurredAt }: SampleEvent,
  reference: string,
  options: Options,
) {
  const done = options.doneStates[0] ?? 'completed'
  const data = { id, title: defaultText, description: paragraphs(text, reference) }
  const ended = { completedAt: null, canceledAt: null, [`${done}At`]: occurredAt }
  switch (type) {
    case 'task.done':
      return { data: { ...data, state: { type: done } }, updatedFrom: { stateId: 'unstarted' } }
    case 'task.reopened':
      return { data: { ...data, state: { type: 'unstarted' } }, updatedFrom: { stateId: done, ...ended } }
    case 'text.edited':
      return { data, updatedFrom: { description: '' } }
    default:
      return { data }
  }
}

function reaction({ object: issueId = exampleIssue, actor: userId, emoji = '👍', id }: SampleEvent) {
  return { data: { id, emoji: shortNameOf(emoji) ?? emoji, userId, issueId } }
}

function attachment({ object: issueId = exampleIssue, attachment: file }: SampleEvent) {
  const { filename: title = 'note.pdf' } = file ?? {}
  return { data: { id: idOf(title), title, url: `https://files.example/${encodeURIComponent(title)}`, issueId } }
}
