import { bodyOf } from '../../support/factories.ts'
import { fiveMinutes, iso, type Kind, overBody, type Proof, party, tasksAndReactions } from '../contract-case.ts'
import { gitlabEvent, gitlabSignature, gitlabWebhook } from './sender.ts'

const uncovered = ['idempotency-key', 'x-gitlab-event-uuid']

const signed: Proof['request'] = (payload, { key, url }) => {
  const body = bodyOf(payload)
  const { headers, ...request } = gitlabWebhook(body, { url })
  const { 'x-gitlab-token': _, ...others } = headers
  return { ...request, headers: { ...others, ...gitlabSignature(body, { key }) } }
}

export const gitlab: Kind = {
  options: { references: 'everyone' },
  proofs: {
    'its signing token': { ...overBody, ...fiveMinutes, request: signed, uncovered },
    'its secret token': { covers: { body: false, url: false }, request: gitlabWebhook, uncovered },
  },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: gitlabEvent('issue') },
    'task.reopened': { payload: gitlabEvent('issue', { action: 'reopen' }) },
    'reaction.added': { payload: gitlabEvent('emoji') },
    'reaction.removed': { payload: gitlabEvent('emoji', { action: 'revoke' }, { event_type: 'revoke' }) },
    'text.edited': { payload: described('Until Monday') },
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': { payload: gitlabEvent('note', { action: 'create' }) },
    'link.removed': 'never',
  },
  ignored: { payload: gitlabEvent('mergeRequest', { action: 'close' }) },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({ payload: described(text), event: { change: { kind: 'text', text } } }),
  happened: (moment) => ({ payload: gitlabEvent('issue', { updated_at: iso(moment) }) }),
}

function described(current: string) {
  const changes = { description: { previous: 'Until Friday', current } }
  return gitlabEvent('issue', { action: 'update', description: current }, { changes })
}
