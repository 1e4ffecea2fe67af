import { fixture } from '../../support/fixture.ts'
import { iso, type Kind, type Proof, party, tasksAndReactions } from '../contract-case.ts'
import { mondayWebhook } from './sender.ts'

function changed(name: string, given: object) {
  return { event: { ...fixture(`monday/${name}`).event, ...given } }
}

const { value: done, previousValue: working } = fixture('monday/status').event
const challenge = { challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' }

/** The token says who sends, when and where to, and nothing of what. */
const token: Proof = {
  request: mondayWebhook,
  holds: { after: 299 },
  covers: { body: false, url: true },
  uncovered: [],
}

export const monday: Kind = {
  proofs: { 'its token': token },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: fixture('monday/status') },
    'task.reopened': { payload: changed('status', { value: working, previousValue: done }) },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': { payload: fixture('monday/edited-update'), onlyReported: true },
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': { payload: fixture('monday/text-column') },
    'link.removed': 'never',
  },
  handshake: {
    request: { ...mondayWebhook(challenge), headers: { 'content-type': 'application/json' } },
    response: { status: 200, body: JSON.stringify(challenge) },
  },
  ignored: { payload: fixture('monday/created') },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({
    payload: changed('edited-update', { textBody: text }),
    event: { change: { kind: 'text', text } },
  }),
  happened: (moment) => ({ payload: changed('status', { triggerTime: iso(moment) }) }),
}
