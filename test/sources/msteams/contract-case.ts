import { fixture } from '../../support/fixture.ts'
import { iso, type Kind, overBody, party, tasksAndReactions } from '../contract-case.ts'
import { teamsWebhook } from './sender.ts'

function written(text: string) {
  return { ...fixture('msteams/message'), text: `<at>Bridge</at> ${text}` }
}

export const msteams: Kind = {
  options: { commands: { done: 'task.done', reopen: 'task.reopened' } },
  proofs: { 'its signature': { ...overBody, request: teamsWebhook, uncovered: [] } },
  accepted: 200,
  refused: 401,
  changes: tasksAndReactions,
  says: {
    'task.done': { payload: fixture('msteams/message') },
    'task.reopened': { payload: written('reopen') },
    'reaction.added': 'never',
    'reaction.removed': 'never',
    'text.edited': 'never',
    'attachment.added': 'never',
    'attachment.removed': 'never',
    'link.added': { payload: written('see chatroom_message/42') },
    'link.removed': 'never',
  },
  ignored: { payload: written('hello') },
  unknown: [{ payload: party, status: 200 }],
  tells: (text) => ({
    payload: written(text),
    options: { commands: { [text]: 'task.done' } },
    event: { type: 'task.done' },
  }),
  happened: (moment) => ({ payload: { ...written('done'), timestamp: iso(moment) } }),
}
