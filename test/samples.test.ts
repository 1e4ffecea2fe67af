import { describe, expect, it } from 'vitest'
import { receive } from '../functions/receive.ts'
import { sample } from '../operator/samples.ts'
import { at, context, noon, secret } from './support/factories.ts'

describe('a sample that is sent', () => {
  const event = { id: 'evt_1', type: 'task.done', messageId: '42', occurredAt: at(-5), actor: 'anna' }
  const stamped = { signedText: '{id}.{timestamp}.{body}', idHeader: 'x-id', timestampHeader: 'x-time' }

  it.each([
    { kind: 'generic' },
    { kind: 'generic', authentication: 'bearer' },
    { kind: 'generic', authentication: 'hmac', signatureHeader: 'X-Sign' },
    { kind: 'generic', authentication: 'hmac', encoding: 'base64', algorithm: 'sha1', secretEncoding: 'base64' },
    { kind: 'generic', authentication: 'hmac', ...stamped, timestampUnit: 'milliseconds', tolerance: 1 },
    {
      kind: 'generic',
      authentication: 'hmac',
      signatureHeader: 'stripe-signature',
      signatureSeparator: ',',
      signaturePrefix: 'v1=',
      signedText: '{timestamp}.{body}',
      timestampHeader: 'stripe-signature',
      timestampPrefix: 't=',
    },
    { kind: 'standard-webhooks' },
    { kind: 'cloudevents' },
    { kind: 'github' },
  ])('is one that its source takes: %j', async (options) => {
    const webhook = await sample(options, event, secret, new Date(noon))
    if (!webhook) throw new Error('no sample')
    const request = { method: 'POST', url: '/webhooks/shop', headers: webhook.headers, body: Buffer.from(webhook.body) }
    const { response, updates } = await receive(request, { name: 'shop', ...options }, context())
    expect([response.status, updates.map(({ messageId }) => messageId)]).toEqual([202, ['42']])
  })

  it.each(['msteams', 'vereinsantrag'])('of kind %s there is none', async (kind) => {
    expect(await sample({ kind }, event, secret, new Date(noon))).toBeUndefined()
  })
})
