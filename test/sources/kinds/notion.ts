import { fixture } from '../../support/fixture.ts'
import { notionWebhook } from '../../support/notion.ts'
import { type Kind, overBody, party, saysNothing, tasksAndReactions } from './kind.ts'

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
