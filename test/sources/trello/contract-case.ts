import { fixture } from '../../support/fixture.ts'
import { iso, type Kind, party, tasksAndReactions } from '../contract-case.ts'
import { trelloWebhook } from './sender.ts'

function changed(name: string, data: object, action: object = {}) {
  const payload = fixture(`trello/${name}`)
  return { ...payload, action: { ...payload.action, ...action, data: { ...payload.action.data, ...data } } }
}

const { card } = fixture('trello/due-complete').action.data
const { card: described } = fixture('trello/described').action.data

export const trello: Kind = {
  proofs: { 'its signature': { request: trelloWebhook, covers: { body: true, url: true }, uncovered: [] } },
  accepted: 202,
  // Trello drops a webhook on some other statuses.
  refused: 403,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: fixture('trello/due-complete') },
    'task.reopened': {
      payload: changed('due-complete', { card: { ...card, dueComplete: false }, old: { dueComplete: true } }),
    },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': { payload: fixture('trello/described') },
    'attachment.added': { payload: fixture('trello/attachment') },
    'attachment.removed': { payload: changed('attachment', {}, { type: 'deleteAttachmentFromCard' }) },
    'link.added': { payload: changed('moved-up', { card: described }, { type: 'createCard' }) },
    'link.removed': 'never',
  },
  handshake: { request: { ...trelloWebhook(''), method: 'HEAD', headers: {} }, response: { status: 200 } },
  ignored: { payload: fixture('trello/moved-up') },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({
    payload: changed('described', { card: { ...described, desc: text } }),
    event: { change: { kind: 'text', text } },
  }),
  happened: (moment) => ({ payload: changed('due-complete', {}, { date: iso(moment) }) }),
}
