import { type EventType, eventTypes } from '../../../functions/state/changes.ts'
import { ownFields } from '../../hostile/events.ts'
import { credentials, type Scheme, unsigned } from '../../hostile/sender.ts'
import { at, bodyOf } from '../../support/factories.ts'
import { fiveMinutes, iso, type Kind, overBody, type Proof, party } from '../contract-case.ts'

function proof(scheme: Scheme): Proof['request'] {
  return (payload, { key, url }) => {
    const body = bodyOf(payload)
    return unsigned(body, { url, headers: credentials(scheme, body, key) })
  }
}

export const hmac: Proof = { ...overBody, request: proof('hmac'), uncovered: [] }
export const bearer: Proof = { covers: { body: false, url: false }, request: proof('bearer'), uncovered: [] }
const standardWebhooks: Proof = {
  ...overBody,
  ...fiveMinutes,
  request: proof('standard-webhooks'),
  uncovered: [],
}

const done = { id: 'e1', type: 'task.done', object: 'ticket-7', occurredAt: at(-60), actor: 'anna' }

/** Our own events say everything, whatever is around them. */
export function saysOurs(wrapped: (event: Record<string, unknown>) => Record<string, unknown>): Kind['says'] {
  const example = (type: EventType) => ({ payload: wrapped({ ...done, ...ownFields[type], type }) })
  return Object.fromEntries(eventTypes.map((type) => [type, example(type)])) as Kind['says']
}

export const generic: Kind = {
  proofs: { 'an HMAC': hmac, 'a bearer token': bearer, 'Standard Webhooks': standardWebhooks },
  accepted: 202,
  refused: 401,
  changes: ['completed', 'reaction', 'text', 'attachment'],
  says: saysOurs((event) => event),
  ignored: { payload: { ...done, type: 'link.added', source: 'github', messageId: '42' } },
  unknown: [
    { payload: party, status: 422 },
    { payload: { ...done, type: 'party' }, status: 422 },
  ],
  tells: (text) => ({ payload: { ...done, type: 'text.edited', text }, event: { change: { kind: 'text', text } } }),
  happened: (moment) => ({ payload: { ...done, occurredAt: iso(moment) } }),
  isStrict: true,
}
