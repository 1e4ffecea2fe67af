import { createHmac } from 'node:crypto'
import { loadEmojis, shortNameOf } from '../common/emoji.ts'
import {
  asked,
  idOf,
  json,
  naming,
  type OptionsOf,
  paragraphs,
  type SampleEvent,
  type Samples,
} from '../common/sample.ts'
import type { linear as source } from './adapter.ts'

type Options = OptionsOf<typeof source>
type Type = keyof typeof sayings

/** How each event is said: which type of Linear's, what was done with it, and what it carries. */
const sayings = {
  'task.done': { type: 'Issue', action: 'update' },
  'task.reopened': { type: 'Issue', action: 'update' },
  'text.edited': { type: 'Issue', action: 'update' },
  'link.added': { type: 'Issue', action: 'create' },
  'reaction.added': { type: 'Reaction', action: 'create' },
  'reaction.removed': { type: 'Reaction', action: 'remove' },
  'attachment.added': { type: 'Attachment', action: 'create' },
  'attachment.removed': { type: 'Attachment', action: 'remove' },
} as const

/**
 * An event of an issue, whose UUID is the object, and whose description refers to the chat message. A reaction and an
 * attachment carry no text that could, so there it stands in the URL.
 */
export const linear: Samples<Options, Type> = {
  types: [
    'task.done',
    'task.reopened',
    'reaction.added',
    'reaction.removed',
    'text.edited',
    'attachment.added',
    'attachment.removed',
    'link.added',
  ],

  needs(type, { references, doneStates }) {
    if (type.startsWith('task') && doneStates.length === 0) return { doneStates: ['completed'] }
    return type === 'link.added' && references === 'none' ? { references: 'everyone' } : undefined
  },

  ready: loadEmojis,

  write(event, { options, secret, now }) {
    const { id: eventId, type, occurredAt: createdAt, actor: id = 'b5ea5f1f-8adc-4f52-b4bd-ab4e84cf51ba' } = event
    const saying = sayings[type]
    const { reference, path } = naming(event, options.references !== 'none' && saying.type === 'Issue')
    const said = { Issue: issue, Reaction: reaction, Attachment: attachment }[saying.type]
    const body = JSON.stringify({
      ...saying,
      actor: { id, type: 'user' },
      createdAt,
      webhookTimestamp: now.getTime(),
      ...said({ ...event, actor: id }, reference, options),
    })
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    const headers = { 'linear-delivery': eventId, 'linear-event': saying.type, 'linear-signature': signature }
    return { eventId, headers: { ...json, ...headers }, body, path }
  },
}

const exampleIssue = '539068e2-ae88-4d09-bd75-22eb4a59612f'

function issue(
  { type, object: id = exampleIssue, text, occurredAt }: SampleEvent,
  reference: string,
  options: Options,
) {
  const done = options.doneStates[0] ?? 'completed'
  const data = { id, title: asked, description: paragraphs(text, reference) }
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
