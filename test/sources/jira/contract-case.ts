import { type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { examplesOfJira, jiraIssue, jiraStatus, jiraWebhook } from './sender.ts'

const { attachment, comment } = examplesOfJira
const leftDone = { field: 'status', from: '1', fromString: 'Done', to: '2' }
const uncovered = ['x-atlassian-webhook-identifier', 'x-atlassian-webhook-flow']

export const jira: Kind = {
  proofs: { 'its signature': { ...overBody, request: jiraWebhook, uncovered } },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: jiraIssue() },
    'task.reopened': { payload: jiraIssue([leftDone], jiraStatus('indeterminate')) },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': { payload: jiraIssue([{ field: 'description' }]) },
    'attachment.added': { payload: attachment },
    'attachment.removed': { payload: { ...attachment, webhookEvent: 'attachment_deleted' } },
    'link.added': { payload: { ...comment, webhookEvent: 'comment_created' } },
    'link.removed': 'never',
  },
  ignored: { payload: jiraIssue([{ field: 'assignee' }], { description: null }) },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({
    payload: jiraIssue([{ field: 'description' }], { description: text }),
    event: { change: { kind: 'text', text } },
  }),
  happened: (timestamp) => ({ payload: jiraIssue(undefined, {}, { timestamp }) }),
}
