import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, secret } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { notionHandshake, notionWebhook } from './sender.ts'

const source = { name: 'notion', kind: 'notion' }
const send = (payload: unknown) => receive(notionWebhook(payload), source, context())
const nothingAsked = { events: [], updates: [], objectUpdates: [], links: [] }

describe('an event of Notion’s', () => {
  it('says nothing for a chat message, and the answer says of which type it was', async () => {
    for (const type of ['page.properties_updated', 'page.deleted', 'comment.created', 'data_source.schema_updated']) {
      const { response, ...asked } = await send({ ...fixture('notion/properties-updated'), type })
      expect([response.status, asked]).toEqual([200, nothingAsked])
      expect(JSON.parse(response.body ?? '')).toEqual({
        accepted: [],
        ignored: [{ eventId: '1782edd6-a853-4d4a-b02c-9c8c16f28e53', reason: expect.stringContaining(`${type} `) }],
      })
    }
  })

  it('may have any form', async () => {
    for (const payload of [{}, [], null, 7, { id: '', type: 'x' }, { id: 'a', type: 'Page <b>' }]) {
      const { response, ...asked } = await send(payload)
      expect([response.status, asked]).toEqual([200, nothingAsked])
      expect(response.body).not.toContain('<b>')
    }
  })

  // https://developers.notion.com/reference/webhooks shows the header's form.
  it('is signed by the token, with sha256= before the digest', async () => {
    const { headers, ...request } = notionWebhook({ id: 'a', type: 'page.created' })
    const bare = `${headers['x-notion-signature']}`.replace('sha256=', '')
    const given = { ...request, headers: { ...headers, 'x-notion-signature': bare } }
    expect((await receive(given, source, context())).response.status).toBe(401)
  })
})

describe('Notion’s handshake', () => {
  const token = 'secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl'
  const greet = (given: unknown, secrets: string[]) => receive(notionHandshake(given), source, context({ secrets }))

  it('proposes the token that it brings while there is none', async () => {
    expect(await greet(token, [])).toEqual({ response: { status: 200 }, learned: { secret: token }, ...nothingAsked })
  })

  it('is answered again for a token that is known, and refused for any other', async () => {
    expect(await greet(token, [secret, token])).toEqual({ response: { status: 200 }, ...nothingAsked })
    const other = await greet(token, [secret])
    expect([other.response.status, other.learned]).toEqual([401, undefined])
  })

  it('brings nothing that can be no token', async () => {
    for (const odd of ['', 'x'.repeat(513), 'x'.repeat(5000), `${token}\n`, 7, null, [token]]) {
      const { response, learned } = await greet(odd, [])
      expect([response.status, learned]).toEqual([401, undefined])
    }
  })
})
