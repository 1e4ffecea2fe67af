import { fixture } from '../../support/fixture.ts'
import { type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { clickupWebhook } from './sender.ts'

/** The fixture with another first history item. */
function changed(name: string, item: object) {
  const payload = fixture(`clickup/${name}`)
  const [first, ...others] = payload.history_items
  return { ...payload, history_items: [{ ...first, ...item }, ...others] }
}

const { before, after } = fixture('clickup/status').history_items[0]

export const clickup: Kind = {
  proofs: { 'its signature': { ...overBody, request: clickupWebhook, uncovered: [] } },
  accepted: 202,
  // A 401 or a 410 would suspend the webhook.
  refused: 403,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: fixture('clickup/status') },
    'task.reopened': { payload: changed('status', { before: after, after: before }) },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': { payload: fixture('clickup/content') },
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': { payload: fixture('clickup/tag') },
    'link.removed': 'never',
  },
  ignored: { payload: fixture('clickup/created') },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({
    payload: changed('content', { after: JSON.stringify({ ops: [{ insert: text }] }) }),
    event: { change: { kind: 'text', text } },
  }),
  happened: (moment) => ({ payload: changed('status', { date: `${moment}` }) }),
}
