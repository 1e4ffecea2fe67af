import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import done from '../../fixtures/standard-webhooks/task.done.json' with { type: 'json' }
import other from '../../fixtures/standard-webhooks/user.created.json' with { type: 'json' }
import { context, secret } from '../../support/factories.ts'
import { standardWebhook } from './sender.ts'

const source = { name: 'shop', kind: 'standard-webhooks' }

type Given = Parameters<typeof standardWebhook>[1]

async function send(payload: unknown, given: Given = {}, options = {}) {
  const { response, ...asked } = await receive(standardWebhook(payload, given), { ...source, ...options }, context())
  return { ...asked, status: response.status, answer: JSON.parse(response.body ?? 'null') }
}

describe('an event by Standard Webhooks', () => {
  it('is ours in the envelope: the type and the time beside it, its other fields in data', async () => {
    const { status, answer, objectUpdates } = await send(done)
    expect([status, answer.accepted]).toEqual([202, [{ eventId: 'msg_1', type: 'task.done', object: 'ticket-7' }]])
    expect(objectUpdates).toEqual([
      {
        object: 'ticket-7',
        eventId: 'msg_1',
        source: 'shop',
        occurredAt: '2026-11-22T11:26:10.344Z',
        receivedAt: '2026-11-22T12:00:00.000Z',
        actor: 'anna',
        change: { kind: 'completed', value: true },
      },
    ])
  })

  it('may be ours without the envelope, and is known by the delivery’s id all the same', async () => {
    const event = { id: 'own', type: 'react', messageId: 42, emoji: '👍', occurredAt: '2026-11-22T11:00:00Z' }
    const { updates } = await send(event)
    expect(updates).toMatchObject([
      { messageId: '42', eventId: 'msg_1', occurredAt: '2026-11-22T11:00:00.000Z', change: { kind: 'reaction' } },
    ])
    const several = await send([event, { ...event, type: 'done' }])
    expect(several.updates.map(({ eventId }) => eventId)).toEqual(['msg_1/0', 'msg_1/1'])
  })

  it.each([
    ['task.reopened', {}, { kind: 'completed', value: false }],
    ['reaction.removed', { emoji: '👍' }, { kind: 'reaction', emoji: '👍', present: false }],
    ['text.edited', { text: 'größer\r\n' }, { kind: 'text', text: 'größer\r\n' }],
    [
      'attachment.added',
      { attachment: { filename: 'a.pdf' } },
      { kind: 'attachment', attachment: { filename: 'a.pdf' }, present: true },
    ],
  ])('of type %s asks for what it names, where the option allows it', async (type, data, change) => {
    const meanings = ['completed', 'reaction', 'text', 'attachment']
    const { updates } = await send({ type, data }, { url: '/webhooks/shop/42' }, { meanings })
    expect(updates).toMatchObject([{ messageId: '42', change }])
  })

  it('changes no text unless the option adds it', async () => {
    const { status, updates, events } = await send({ type: 'text.edited', data: { messageId: 42, text: 'x' } })
    expect([status, updates, events.length]).toEqual([200, [], 1])
  })

  it('links an object of the sender', async () => {
    const { links } = await send({ type: 'link.added', data: { messageId: 42, object: 'ticket-7' } })
    expect(links).toEqual([{ object: 'ticket-7', messageId: '42', present: true, eventId: 'msg_1' }])
  })

  it.each([
    ['a type that is not ours', other, /^type: expected one of/],
    ['a reaction without an emoji', { type: 'react', data: { messageId: 42 } }, /^emoji: /],
    ['fields of another form', { type: 'done', data: { messageId: 42, object: { id: 7 } } }, /^object: expected text/],
    ['a link without its chat message', { type: 'link', data: { object: 'x' } }, /without its chat message/],
    ['no object', 7, /of this form/],
    ['no type', {}, /of this form/],
  ])('ignores %s, with the reason', async (_, payload, reason) => {
    const { status, answer, events } = await send(payload)
    expect([status, events, answer.accepted]).toEqual([200, [], []])
    expect(answer.ignored).toEqual([{ eventId: 'msg_1', reason: expect.stringMatching(reason) }])
  })

  it.each([
    ['text', { type: 'text.edited', data: { messageId: 42, text: 'x'.repeat(64 * 1024 + 1) } }],
    ['emoji', { type: 'react', data: { messageId: 42, emoji: 'x'.repeat(65) } }],
    ['filename', { type: 'attach', data: { messageId: 42, attachment: { filename: 'x'.repeat(513) } } }],
    ['actor', { type: 'done', data: { messageId: 42, actor: 'x'.repeat(257) } }],
    ['object', { type: 'done', data: { object: 'x'.repeat(257) } }],
    ['messageId', { type: 'done', data: { messageId: 'x'.repeat(65) } }],
  ])('reports what is beyond the bounds (%s), and asks for nothing', async (field, payload) => {
    const meanings = ['completed', 'reaction', 'text', 'attachment']
    const { status, events, updates, objectUpdates, answer } = await send(payload, {}, { meanings })
    expect([status, events.length, updates, objectUpdates]).toEqual([200, 1, [], []])
    expect(answer.ignored[0].reason).toMatch(new RegExp(`${field} is beyond the bounds`))
  })

  it('that names no chat message is reported', async () => {
    const { status, events, answer } = await send({ type: 'done', data: {} })
    expect([status, events.length, answer.ignored.length]).toEqual([200, 1, 1])
  })

  it('is refused where it contradicts the URL', async () => {
    expect((await send({ type: 'done', data: { messageId: 1 } }, { url: '/webhooks/shop/2' })).status).toBe(422)
  })

  it('without a time that can be read has none', async () => {
    const { updates } = await send({ type: 'done', timestamp: 'yesterday', data: { messageId: 42 } })
    expect([updates.length, updates[0]?.occurredAt]).toEqual([1, undefined])
  })

  it('is known by a digest of a delivery’s id that is too long', async () => {
    const { updates } = await send({ type: 'done', data: { messageId: 42 } }, { id: 'x'.repeat(300) })
    expect(updates[0]?.eventId).toMatch(/^[\w-]{43}$/)
  })
})

describe('the signature of Standard Webhooks', () => {
  const statusOf = async (signed: WebhookRequest, given = {}) =>
    (await receive(signed, source, context(given))).response.status

  it('verifies as the specification’s libraries and Svix publish it, under both names', async () => {
    const vectors = [
      {
        key: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        headers: {
          'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
          'webhook-timestamp': '1614265330',
          'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
        },
        body: '{"test": 2432232314}',
        at: 1614265330,
      },
      {
        key: 'whsec_plJ3nmyCDGBKInavdOK15jsl',
        headers: {
          'svix-id': 'msg_loFOjxBNrRLzqYUf',
          'svix-timestamp': '1731705121',
          'svix-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
        },
        body: '{"event_type":"ping","data":{"success":true}}',
        at: 1731705121,
      },
    ]
    for (const { key, headers, body, at } of vectors) {
      const signed = {
        method: 'POST',
        url: '/webhooks/shop',
        headers: { 'content-type': 'application/json', ...headers },
        body: Buffer.from(body),
      }
      const now = new Date(at * 1000)
      expect(await statusOf(signed, { secrets: ['older', key], now })).toBe(200)
      expect(await statusOf(signed, { secrets: [key.toLowerCase()], now })).toBe(401)
      for (const name of Object.keys(headers)) {
        const without = { ...signed, headers: { ...signed.headers, [name]: '' } }
        expect(await statusOf(without, { secrets: [key], now })).toBe(401)
      }
    }
  })

  it('is not replaced by a bearer token, and never refused with 410', async () => {
    const signed = standardWebhook(done)
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
    expect(await statusOf({ ...signed, headers })).toBe(401)
  })
})
