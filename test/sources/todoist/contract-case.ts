import { fixture } from '../../support/fixture.ts'
import { iso, type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { todoistWebhook } from './sender.ts'

function changed(name: string, data: object, event: object = {}) {
  const payload = fixture(`todoist/${name}`)
  return { ...payload, ...event, event_data: { ...payload.event_data, ...data } }
}

const uncovered = ['user-agent', 'x-todoist-delivery-id']

export const todoist: Kind = {
  proofs: { 'its signature': { ...overBody, request: todoistWebhook, uncovered } },
  accepted: 200,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: fixture('todoist/completed') },
    'task.reopened': { payload: fixture('todoist/uncompleted') },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': { payload: fixture('todoist/updated') },
    'attachment.added': { payload: fixture('todoist/comment') },
    'attachment.removed': { payload: changed('comment', {}, { event_name: 'note:deleted' }) },
    'link.added': { payload: fixture('todoist/added') },
    'link.removed': 'never',
  },
  ignored: { payload: changed('added', { description: '' }) },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({ payload: changed('updated', { content: text }), event: { change: { kind: 'text', text } } }),
  happened: (moment) => ({ payload: changed('completed', {}, { triggered_at: iso(moment) }) }),
}
