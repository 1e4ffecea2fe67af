import fc from 'fast-check'
import { expect, it } from 'vitest'
import { receive } from '../../functions/receive.ts'
import type { WebhookRequest } from '../../functions/sources/source.ts'
import { asanaWebhook } from '../support/asana.ts'
import { clickupWebhook } from '../support/clickup.ts'
import { context } from '../support/factories.ts'
import { fixture } from '../support/fixture.ts'
import { mondayWebhook } from '../support/monday.ts'
import { todoistWebhook } from '../support/todoist.ts'
import { trelloWebhook } from '../support/trello.ts'

const kinds: [string, (payload: unknown) => WebhookRequest, string[]][] = [
  ['asana', asanaWebhook, ['completed', 'reopened']],
  ['clickup', clickupWebhook, ['status', 'content', 'tag', 'comment']],
  ['monday', mondayWebhook, ['status', 'name', 'text-column', 'edited-update']],
  ['todoist', todoistWebhook, ['completed', 'updated', 'recurring', 'comment']],
  ['trello', trelloWebhook, ['due-complete', 'moved-to-done', 'attachment', 'described']],
]
const oddTimes = ['0000-01-01T00:00:00Z', '275760-09-13', 8.64e15, 8.64e15 + 1, -1, 1e300]
const edits = fc.array(fc.tuple(fc.nat(200), fc.oneof(fc.jsonValue(), fc.constantFrom(...oddTimes))), { maxLength: 5 })
type Json = Record<string, unknown>

it.each(kinds)(
  '%s takes signed payloads with anything in any field, and answers 200 or 202',
  async (kind, sign, names) => {
    const references = kind === 'asana' ? {} : { references: 'everyone' }
    const source = { name: kind, kind, meanings: ['completed', 'text', 'attachment'], ...references }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), edits, async (name, spoil) => {
        const payload = fixture(`${kind}/${name}`)
        const places = placesIn(payload)
        for (const [index, value] of spoil) {
          const [parent, key] = places[index % places.length] as [Json, string]
          parent[key] = value
        }
        const { response } = await receive(sign(payload), source, context())
        expect([200, 202]).toContain(response.status)
      }),
      { numRuns: 500, seed: 20261122 },
    )
  },
)

function placesIn(json: Json): [Json, string][] {
  return Object.entries(json).flatMap(([key, value]): [Json, string][] => [
    [json, key],
    ...(typeof value === 'object' && value !== null ? placesIn(value as Json) : []),
  ])
}
