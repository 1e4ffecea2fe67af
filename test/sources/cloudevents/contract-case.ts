import { at } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { iso, type Kind, party, tasksAndReactions } from '../contract-case.ts'
import { bearer, hmac, saysOurs } from '../generic/contract-case.ts'

const envelope = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'task.done', time: at(-60) }

function wrapped({ type, ...data }: Record<string, unknown>) {
  return { ...envelope, type, data }
}

const saysNothing = { ...fixture('cloudevents/ticket.closed'), type: 'dev.cdevents.ticket.updated.0.2.0-draft' }

export const cloudevents: Kind = {
  proofs: { 'an HMAC': hmac, 'a bearer token': bearer },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: saysOurs(wrapped),
  ignored: { payload: saysNothing },
  unknown: [
    { payload: { ...envelope, type: 'com.example.party', data: party }, status: 200 },
    // Without an envelope it misses what its own type needs.
    { payload: party, status: 422 },
  ],
  tells: (text) => ({ payload: wrapped({ type: 'text.edited', text }), event: { change: { kind: 'text', text } } }),
  happened: (moment) => ({ payload: { ...envelope, subject: '42', time: iso(moment) } }),
}
