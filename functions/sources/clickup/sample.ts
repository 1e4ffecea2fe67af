import { createHmac } from 'node:crypto'
import { json, naming, type OptionsOf, paragraphs, type Samples } from '../common/sample.ts'
import type { clickup as source } from './adapter.ts'

type Type = 'task.done' | 'task.reopened' | 'text.edited' | 'link.added'

const webhookId = '7fa3ec74-69a8-4530-a251-8a13730bd204'
const [open, closed] = [
  { status: 'to do', type: 'open' },
  { status: 'complete', type: 'closed' },
]

/**
 * A change of a task, whose id is the object. A description and a tag refer to the chat message; a status carries no text, so
 * there it stands in the URL.
 */
export const clickup: Samples<OptionsOf<typeof source>, Type> = {
  types: ['task.done', 'task.reopened', 'text.edited', 'link.added'],

  needs: (type, { references }) =>
    type === 'link.added' && references === 'none' ? { references: 'everyone' } : undefined,

  write(event, { options, secret }) {
    const { id, type, occurredAt, actor: username = 'John', object: task_id = '1vj38vv' } = event
    const { reference, path } = naming(event, options.references !== 'none' && !type.startsWith('task'))
    const ops = [{ insert: paragraphs(event.text, reference) }]
    const changes: Record<Type, { event: string; item: object }> = {
      'task.done': { event: 'taskStatusUpdated', item: { field: 'status', before: open, after: closed } },
      'task.reopened': { event: 'taskStatusUpdated', item: { field: 'status', before: closed, after: open } },
      'text.edited': {
        event: 'taskUpdated',
        item: { field: 'content', before: null, after: JSON.stringify({ ops }) },
      },
      'link.added': { event: 'taskTagUpdated', item: { field: 'tag', before: null, after: [{ name: reference }] } },
    }
    const change = changes[type]
    const item = { id, date: String(Date.parse(occurredAt)), user: { id: 183, username }, ...change.item }
    const body = JSON.stringify({ event: change.event, history_items: [item], task_id, webhook_id: webhookId })
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    return { eventId: `${webhookId}:${id}`, headers: { ...json, 'x-signature': signature }, body, path }
  },
}
