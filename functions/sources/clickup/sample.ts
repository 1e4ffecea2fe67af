import {
  hmacProof,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  paragraphs,
  type Samples,
} from '../common/sample.ts'
import { type clickup, scheme } from './adapter.ts'

type Type = 'task.done' | 'task.reopened' | 'text.edited' | 'link.added'

const webhook_id = '7fa3ec74-69a8-4530-a251-8a13730bd204'
const [open, closed] = [
  { status: 'to do', type: 'open' },
  { status: 'complete', type: 'closed' },
]

/**
 * A change of a task; the object is the task's id. A description and a tag refer to the chat message; a status carries no
 * text, so there it stands in the URL.
 */
export const sample: Samples<OptionsOf<typeof clickup>, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'link.added'],
  needs: needsReferences,

  write(event, { options, ...sender }) {
    const { id, type, occurredAt, actor: username = 'John', object: task_id = '1vj38vv' } = event
    const { reference, path } = naming(event, options.references !== 'none' && !type.startsWith('task'))
    const delta = JSON.stringify({ ops: [{ insert: paragraphs(event.text, reference) }] })
    const changes: Record<Type, [event: string, item: object]> = {
      'task.done': ['taskStatusUpdated', { field: 'status', before: open, after: closed }],
      'task.reopened': ['taskStatusUpdated', { field: 'status', before: closed, after: open }],
      'text.edited': ['taskUpdated', { field: 'content', before: null, after: delta }],
      'link.added': ['taskTagUpdated', { field: 'tag', before: null, after: [{ name: reference }] }],
    }
    const [name, change] = changes[type]
    const item = { id, date: String(Date.parse(occurredAt)), user: { id: 183, username }, ...change }
    const payload = { event: name, history_items: [item], task_id, webhook_id }
    return jsonSample(payload, `${webhook_id}:${id}`, hmacProof(scheme, sender, id), { path })
  },
}
