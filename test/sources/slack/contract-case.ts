import { fiveMinutes, type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { callback, edit, message, reaction, slackWebhook } from './sender.ts'

const challenge = '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P'

export const slack: Kind = {
  proofs: { 'its signature': { ...overBody, ...fiveMinutes, request: slackWebhook, uncovered: [] } },
  accepted: 202,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': 'never',
    'task.reopened': 'never',
    'reaction.added': { payload: callback(reaction()) },
    'reaction.removed': { payload: callback(reaction({ type: 'reaction_removed' })) },
    'text.edited': { payload: callback(edit('Until Monday', 'Until Friday')) },
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': { payload: callback(message('See chatroom_message/42.')) },
    'link.removed': 'never',
  },
  handshake: {
    request: slackWebhook({ token: 'Jhj5dZrVaK7ZwHHjRyZWjbDl', challenge, type: 'url_verification' }),
    response: { status: 200, body: challenge },
  },
  ignored: { payload: callback(message('Good morning')) },
  unknown: [
    { payload: party, status: 200 },
    { payload: callback({ type: 'party' }), status: 200 },
  ],
  tells: (text) => ({ payload: callback(edit(text, '')), event: { change: { kind: 'text', text } } }),
  happened: (moment) => ({ payload: callback(reaction({ event_ts: `${moment / 1000}` })) }),
}
