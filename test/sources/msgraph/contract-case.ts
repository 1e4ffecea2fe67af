import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { secret } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { type Kind, type Proof, party, saysNothing, tasksAndReactions } from '../contract-case.ts'

const [notification] = fixture('msgraph/changed').value
const changed = { value: [{ ...notification, clientState: secret }] }

/** Nothing is signed: the secret stands in the body, and anything else there may be other. */
const clientState: Proof = {
  request(payload, { key, url }): WebhookRequest {
    const written =
      payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload).replaceAll(secret, key))
    return { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: written }
  },
  covers: { body: 'only itself', url: false },
  uncovered: [],
}

export const msgraph: Kind = {
  proofs: { 'the secret in its body': clientState },
  accepted: 200,
  refused: 401,
  changes: tasksAndReactions,
  says: saysNothing,
  handshake: {
    request: { method: 'POST', url: '/webhooks/msgraph?validationToken=a%20b', headers: {}, body: Buffer.alloc(0) },
    response: { status: 200, body: 'a b' },
  },
  ignored: { payload: changed },
  unknown: [{ payload: { value: [{ clientState: secret, ...party }] }, status: 200 }],
  happened: 'untimed',
}
