import { noon } from '../../support/factories.ts'
import { iso, type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { linearEvent, linearWebhook } from './sender.ts'

const minute = { holds: { before: 60, after: 60, isInBody: true as const } }
const uncovered = ['linear-delivery', 'linear-event']
const wasDone = { stateId: 'x', completedAt: '2026-11-20T11:00:00.000Z' }
const described = { updatedFrom: { description: 'Until Friday' } }
/** The body carries the time that is signed. */
const webhookTimestamp = noon

export const linear: Kind = {
  proofs: { 'its signature': { ...overBody, ...minute, request: linearWebhook, uncovered } },
  accepted: 200,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: linearEvent('issue') },
    'task.reopened': { payload: linearEvent('issue', { state: { type: 'started' } }, { updatedFrom: wasDone }) },
    'reaction.added': { payload: linearEvent('reaction') },
    'reaction.removed': { payload: linearEvent('reaction', {}, { action: 'remove' }) },
    'text.edited': { payload: linearEvent('issue', {}, described) },
    'attachment.added': { payload: linearEvent('attachment') },
    'attachment.removed': { payload: linearEvent('attachment', {}, { action: 'remove' }) },
    'link.added': { payload: linearEvent('issue', {}, { action: 'create' }) },
    'link.removed': 'never',
  },
  ignored: { payload: linearEvent('issue', {}, { action: 'remove' }) },
  unknown: [{ payload: { ...party, webhookTimestamp }, status: 200 }],
  tells: (text) => ({
    payload: linearEvent('issue', { description: text }, described),
    event: { change: { kind: 'text', text } },
  }),
  happened: (moment) => ({ payload: linearEvent('issue', {}, { createdAt: iso(moment) }) }),
}
