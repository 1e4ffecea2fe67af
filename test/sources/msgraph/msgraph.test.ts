import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { context, secret } from '../../support/factories.ts'
import { graphWebhook } from './sender.ts'

const source = { name: 'msgraph', kind: 'msgraph' }
const nothingAsked = { events: [], updates: [], objectUpdates: [], links: [] }
const statusOf = async (request: WebhookRequest, secrets = [secret]) =>
  (await receive(request, source, context({ secrets }))).response.status

describe('a change notification of Microsoft Graph', () => {
  it('says nothing for a chat message, nor does what becomes of its subscription', async () => {
    for (const [changed, words] of [
      [{}, 'ids only'],
      [{ lifecycleEvent: 'reauthorizationRequired' }, 'becomes of a subscription'],
    ] as const) {
      const { response, ...asked } = await receive(graphWebhook({ changed }), source, context())
      expect([response.status, asked]).toEqual([200, nothingAsked])
      expect(JSON.parse(response.body ?? '')).toEqual({
        accepted: [],
        ignored: [{ reason: expect.stringContaining(words) }],
      })
    }
  })

  it('has the secret in every entry, or all of them are refused', async () => {
    expect(await statusOf(graphWebhook({ keys: [secret, 'older', secret] }), [secret, 'older'])).toBe(200)
    for (const keys of [['x'], [secret, 'x'], ['x', secret], [secret, ''], []]) {
      expect(await statusOf(graphWebhook({ keys }))).toBe(401)
    }
    expect(await statusOf(graphWebhook({ keys: [''] }), [''])).toBe(401)
    for (const body of ['', '{', '7', '{"value":{}}', `{"value":[{}]}`, `[{"clientState":"${secret}"}]`]) {
      expect(await statusOf({ ...graphWebhook(), body: Buffer.from(body) })).toBe(401)
    }
  })
})

describe('the handshake of Microsoft Graph', () => {
  const words = 'Validation: Testing client application reachability for subscription Request-Id: 4f7f <ü>'
  const greet = (query: string, method = 'POST', secrets: string[] = []) => {
    const request = { method, url: `/webhooks/msgraph${query}`, headers: {}, body: Buffer.from('') }
    return receive(request, source, context({ secrets }))
  }

  it('gets its token back as decoded text, whether or not there is a secret', async () => {
    for (const written of [encodeURIComponent(words), new URLSearchParams({ t: words }).toString().slice(2)]) {
      for (const secrets of [[], [secret]]) {
        expect(await greet(`?validationToken=${written}`, 'POST', secrets)).toEqual({
          response: {
            status: 200,
            headers: { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff' },
            body: words,
          },
          ...nothingAsked,
        })
      }
    }
  })

  it('gets the whole of it back, also where it has what a query may have unencoded', async () => {
    expect((await greet('?validationToken=a?b/c')).response.body).toBe('a?b/c')
  })

  it('is none without a token, with one that is too long, or by another method', async () => {
    for (const query of ['', '?validationToken=', '?validationtoken=x', `?validationToken=${'x'.repeat(1001)}`]) {
      expect((await greet(query)).response.status).toBe(401)
    }
    expect((await greet('?validationToken=x', 'GET')).response.status).toBe(405)
  })
})
