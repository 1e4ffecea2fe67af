import { iso, type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { closedIssue, githubWebhook, reopenedIssue } from './sender.ts'

const uncovered = ['x-github-event', 'x-github-delivery']
const labels = [{ name: 'chatroom-message:42' }]

export const github: Kind = {
  proofs: { 'its signature': { ...overBody, request: githubWebhook, uncovered } },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: closedIssue() },
    'task.reopened': { payload: reopenedIssue() },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': { payload: { ...reopenedIssue(), action: 'edited' } },
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': { payload: { ...reopenedIssue({ labels }), action: 'labeled' } },
    'link.removed': 'never',
  },
  ignored: { payload: { ...reopenedIssue(), action: 'assigned' } },
  unknown: [
    { payload: party, status: 200 },
    { payload: closedIssue(), headers: { 'x-github-event': 'party' }, status: 200 },
  ],
  tells: (text) => ({
    payload: { ...reopenedIssue({ body: text }), action: 'edited' },
    event: { change: { kind: 'text', text } },
  }),
  happened: (moment) => ({ payload: closedIssue({ updated_at: iso(moment) }) }),
}
