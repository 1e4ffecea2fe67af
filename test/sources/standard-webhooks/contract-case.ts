import { fixture } from '../../support/fixture.ts'
import { fiveMinutes, iso, type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { saysOurs } from '../generic/contract-case.ts'
import { standardWebhook } from './sender.ts'

function wrapped({ type, occurredAt: timestamp, ...data }: Record<string, unknown>) {
  return { type, timestamp, data }
}

export const standardWebhooks: Kind = {
  proofs: { 'its signature': { ...overBody, ...fiveMinutes, request: standardWebhook, uncovered: [] } },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: saysOurs(wrapped),
  ignored: { payload: fixture('standard-webhooks/user.created') },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({ payload: { type: 'text.edited', data: { text } }, event: { change: { kind: 'text', text } } }),
  happened: (moment) => ({ payload: { ...fixture('standard-webhooks/task.done'), timestamp: iso(moment) } }),
}
