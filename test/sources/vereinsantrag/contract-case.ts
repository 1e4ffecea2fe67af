import { fiveMinutes, type Kind, overBody, type Proof, party, tasksAndReactions } from '../contract-case.ts'
import { applicationWebhook } from './sender.ts'

const request: Proof['request'] = (payload, sending) => applicationWebhook({ ...sending, payload })
const uncovered = ['x-vereinsantrag-event', 'x-vereinsantrag-delivery']
const event = (name: string) => ({ 'x-vereinsantrag-event': name })
const payload = { bewerber: 'Jürgen' }

export const vereinsantrag: Kind = {
  options: { events: { ApplicationAccepted: 'task.done', ApplicationReceived: 'task.reopened' } },
  proofs: { 'what is assumed of its signature': { ...overBody, ...fiveMinutes, request, uncovered } },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload },
    'task.reopened': { payload, headers: event('ApplicationReceived') },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': 'never',
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': 'never',
    'link.removed': 'never',
  },
  ignored: { payload, headers: event('EmailConfirmed') },
  unknown: [{ payload: party, headers: event('Party'), status: 200 }],
  // The body is signed and not read.
  tells: (text) => ({ payload: { bewerber: text }, event: { type: 'task.done' } }),
  happened: 'untimed',
}
