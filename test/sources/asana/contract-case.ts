import { fixture } from '../../support/fixture.ts'
import { iso, type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { asanaWebhook } from './sender.ts'

const { events } = fixture('asana/completed')
const [changed, story] = events

export const asana: Kind = {
  proofs: { 'its signature': { ...overBody, request: asanaWebhook, uncovered: [] } },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: fixture('asana/completed') },
    'task.reopened': { payload: fixture('asana/reopened') },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': 'never',
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': 'never',
    'link.removed': 'never',
  },
  ignored: { payload: { events: [changed] } },
  unknown: [
    { payload: party, status: 200 },
    { payload: { events: [party] }, status: 200 },
  ],
  happened: (moment) => ({ payload: { events: [{ ...story, created_at: iso(moment) }] } }),
}
