import { fixture } from '../../support/fixture.ts'
import { type Kind, overBody, party, saysNothing, tasksAndReactions } from '../contract-case.ts'
import { notionWebhook } from './sender.ts'

export const notion: Kind = {
  proofs: { 'its signature': { ...overBody, request: notionWebhook, uncovered: [] } },
  accepted: 200,
  refused: 401,
  changes: tasksAndReactions,
  says: saysNothing,
  ignored: { payload: fixture('notion/properties-updated') },
  unknown: [{ payload: party, status: 200 }],
  happened: 'untimed',
}
