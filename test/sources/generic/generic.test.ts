import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { eventTypes } from '../../../functions/state/changes.ts'
import { context, noon, secret, webhook } from '../../support/factories.ts'

const source = { name: 'generic', kind: 'generic' }

async function send(body: unknown, given: Parameters<typeof webhook>[1] = {}, options = {}) {
  const reception = await receive(webhook(body, given), { ...source, ...options }, context())
  return { ...reception, status: reception.response.status, answer: JSON.parse(reception.response.body ?? 'null') }
}

describe('an event of the generic source', () => {
  it('is accepted with all that it says', async () => {
    const { status, answer, updates, events } = await send({
      id: 'evt_1',
      type: 'reaction.added',
      messageId: '42',
      occurredAt: '2026-11-22T20:00:00+01:00',
      actor: 'anna',
      object: 'ticket-7',
      emoji: '👍',
    })
    expect([status, answer]).toEqual([
      202,
      { accepted: [{ eventId: 'evt_1', type: 'reaction.added', messageId: '42' }], ignored: [] },
    ])
    const change = { kind: 'reaction', emoji: '👍', present: true }
    const said = { eventId: 'evt_1', occurredAt: '2026-11-22T19:00:00.000Z', actor: 'anna', change }
    expect(updates).toEqual([{ ...said, messageId: '42', source: 'generic', receivedAt: '2026-11-22T12:00:00.000Z' }])
    expect(events).toEqual([{ ...said, type: 'reaction.added', object: 'ticket-7', messageIds: ['42'] }])
  })

  it.each([
    ['task done', 'task.done'],
    ['Task_Done', 'task.done'],
    ['done', 'task.done'],
    ['taskCompleted', 'task.done'],
    ['react', 'reaction.added'],
    ['unreact', 'reaction.removed'],
    ['reopen', 'task.reopened'],
    ['task reopened', 'task.reopened'],
    ['TEXT-EDITED', 'text.edited'],
    ['attach', 'attachment.added'],
    [' link.added ', 'link.added'],
  ])('may write its type as “%s”', async (written, type) => {
    const { events } = await send({
      type: written,
      messageId: 1,
      emoji: '👍',
      text: 't',
      object: 'o',
      attachment: { filename: 'a' },
    })
    expect(events).toMatchObject([{ type }])
  })

  it('asks for the change that its type names', async () => {
    const attachment = { filename: 'a.pdf', filesize: 12345, mimetype: 'application/pdf', id: 7, other: 'x' }
    const kept = { filename: 'a.pdf', filesize: '12345', mimetype: 'application/pdf', id: '7' }
    const body = eventTypes.map((type) => ({
      id: type,
      type,
      messageId: 42,
      object: 'o',
      emoji: '❤️',
      text: 'neu',
      attachment,
    }))
    const { updates } = await send(body)
    expect(updates.map(({ change }) => change)).toEqual([
      { kind: 'completed', value: true },
      { kind: 'completed', value: false },
      { kind: 'reaction', emoji: '❤️', present: true },
      { kind: 'reaction', emoji: '❤️', present: false },
      { kind: 'text', text: 'neu' },
      { kind: 'attachment', attachment: kept, present: true },
      { kind: 'attachment', attachment: kept, present: false },
    ])
  })

  it.each([
    [42, '42'],
    ['042', '42'],
    ['0', '0'],
    ['000', '0'],
    ['0a', '0a'],
    ['chat_1-b', 'chat_1-b'],
  ])('may name its chat message %j, which is %s', async (messageId, canonical) => {
    expect((await send({ type: 'done', messageId })).updates).toMatchObject([{ messageId: canonical }])
  })

  it('may leave the chat message to the URL, or repeat it', async () => {
    for (const messageId of [undefined, null, 42, '042']) {
      const { updates } = await send(
        { type: 'done', messageId },
        { url: 'https://bridge.example/webhooks/generic/0042?x=1' },
      )
      expect(updates).toMatchObject([{ messageId: '42' }])
    }
  })

  it('may leave out what is optional as null', async () => {
    const { status } = await send({ type: 'done', messageId: 1, id: null, actor: null, object: null, occurredAt: null })
    expect(status).toBe(202)
  })

  it.each([
    [{ messageId: 1 }, 'type'],
    [{ type: 7, messageId: 1 }, 'type'],
    [{ type: 'tsk.done', messageId: 1 }, 'type'],
    [{ type: 'done' }, 'messageId'],
    [{ type: 'done', messageId: '' }, 'messageId'],
    [{ type: 'done', messageId: 'a b' }, 'messageId'],
    [{ type: 'done', messageId: 'x'.repeat(65) }, 'messageId'],
    [{ type: 'done', messageId: -1 }, 'messageId'],
    [{ type: 'done', messageId: 4.2 }, 'messageId'],
    [{ type: 'done', messageId: 2 ** 60 }, 'messageId'],
    [{ type: 'done', messageId: true }, 'messageId'],
    [{ type: 'react', messageId: 1 }, 'emoji'],
    [{ type: 'react', messageId: 1, emoji: ' ' }, 'emoji'],
    [{ type: 'react', messageId: 1, emoji: 'x'.repeat(65) }, 'emoji'],
    [{ type: 'edit', messageId: 1 }, 'text'],
    [{ type: 'edit', messageId: 1, text: 'ü'.repeat(32 * 1024 + 1) }, 'text'],
    [{ type: 'attach', messageId: 1 }, 'attachment'],
    [{ type: 'attach', messageId: 1, attachment: {} }, 'attachment.filename'],
    [{ type: 'attach', messageId: 1, attachment: { filename: 'x'.repeat(513) } }, 'attachment.filename'],
    [{ type: 'link', messageId: 1 }, 'object'],
    [{ type: 'done', messageId: 1, id: 'x'.repeat(257) }, 'id'],
    [{ type: 'done', messageId: 1, actor: 'x'.repeat(257) }, 'actor'],
    [{ type: 'done', messageId: 1, object: 'x'.repeat(257) }, 'object'],
    [{ type: 'done', messageId: 1, occurredAt: 'yesterday' }, 'occurredAt'],
    [{ type: 'done', messageId: 1, occurredAt: '2026-11-22T19:00:00' }, 'occurredAt'],
    [{ type: 'done', messageId: 1, occurredAt: '2026-02-30T19:00:00Z' }, 'occurredAt'],
    [{ type: 'done', messageId: 1, occurredAt: '9999-12-31T23:59:59-23:00' }, 'occurredAt'],
    [7, ''],
    [null, ''],
  ])('%j is refused, with %j as the place of the error', async (body, path) => {
    const { status, answer, updates } = await send(body)
    expect([status, answer.errors[0]?.path, updates]).toEqual([422, path, []])
  })

  it('is refused with all others of its request: one is wrong, none is taken', async () => {
    const { status, answer, updates } = await send([
      { type: 'done', messageId: 1 },
      { type: 'react', messageId: 1 },
    ])
    expect([status, answer.errors[0].path, updates]).toEqual([422, '1.emoji', []])
  })

  it('is refused where URL and event name different chat messages, or the URL one that can not be', async () => {
    expect((await send({ type: 'done', messageId: 1 }, { url: '/webhooks/generic/2' })).status).toBe(422)
    expect((await send({ type: 'done', messageId: 1 }, { url: '/webhooks/generic/a%20b' })).status).toBe(422)
    expect((await send({ type: 'done' }, { url: '/webhooks/generic/%' })).status).toBe(422)
  })

  it('is told in its refusal what is wrong, and never what it said', async () => {
    const { response } = await send({ type: 'tiptop', messageId: 'tip top', emoji: { tiptop: 1 } })
    expect(response.body).not.toContain('tiptop')
    expect(response.headers?.['content-type']).toBe('application/problem+json')
  })

  it('may change only what the option meanings lists; the rest is reported', async () => {
    const { status, answer, events } = await send(
      { id: 'e', type: 'edit', messageId: 1, text: 't' },
      {},
      { meanings: ['completed'] },
    )
    expect([status, events.length]).toEqual([200, 1])
    expect(answer).toEqual({
      accepted: [],
      ignored: [{ eventId: 'e', reason: 'generic may not change text (option meanings)' }],
    })
  })

  it('is one of none in an empty array, which asks for nothing', async () => {
    expect(await send([])).toMatchObject({ status: 200, answer: { accepted: [], ignored: [] } })
  })

  it('is too much when all of its request together fill more than one queue message', async () => {
    const events = Array.from({ length: 20_000 }, () => ({ type: 'done', messageId: 1 }))
    expect((await send(events)).status).toBe(413)
  })

  it('may come in a CloudEvent: structured, in a batch or in headers', async () => {
    const data = { type: 'react', emoji: '👍' }
    const envelope = {
      specversion: '1.0',
      source: '/shop',
      id: 'ce-1',
      type: 'com.example',
      subject: '42',
      time: '2026-11-22T11:00:00Z',
    }
    const expected = [
      { eventId: 'ce-1', messageId: '42', occurredAt: '2026-11-22T11:00:00.000Z', change: { kind: 'reaction' } },
    ]
    const headers = { 'content-type': 'application/cloudevents+json' }
    expect((await send({ ...envelope, data }, { headers })).updates).toMatchObject(expected)
    expect(
      (await send([{ ...envelope, data }], { headers: { 'content-type': 'application/cloudevents-batch+json' } }))
        .updates,
    ).toMatchObject(expected)
    const binary = Object.fromEntries(
      Object.entries(envelope).map(([name, value]) => [`ce-${name}`, encodeURIComponent(value)]),
    )
    expect((await send(data, { headers: binary })).updates).toMatchObject(expected)
    expect((await send({ ...envelope, type: 'task.done' }, { headers })).updates).toHaveLength(1)
  })
})

describe('the id of an event that has none', () => {
  const headers = { 'webhook-id': 'msg_1' }

  it('is its signed delivery id, with its place in an array', async () => {
    const body = [
      { type: 'done', messageId: 1 },
      { type: 'reopen', messageId: 1 },
    ]
    const { events } = await receive(standardWebhook(body), source, context())
    expect(events.map(({ eventId }) => eventId)).toEqual(['msg_1/0', 'msg_1/1'])
  })

  it('is not a delivery id that nobody signed', async () => {
    expect((await send({ type: 'done', messageId: 1 }, { headers })).events[0]?.eventId).toMatch(/^evt_/)
  })

  it('is the same for a repeat that says when it happened, and another for what merely happens again', async () => {
    const ids = async (event: object) => {
      const receptions = await Promise.all(
        [noon, noon + 1].map((now) => receive(webhook(event), source, context({ now: new Date(now) }))),
      )
      return new Set(receptions.map(({ events }) => events[0]?.eventId)).size
    }
    expect(await ids({ type: 'done', messageId: 1, occurredAt: '2026-11-22T11:00:00Z' })).toBe(1)
    expect(await ids({ type: 'done', messageId: 1 })).toBe(2)
  })
})

describe('the authentication of the generic source', () => {
  const event = { id: 'e', type: 'done', messageId: 42 }
  const hmac = (body: string, key = secret) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
  const status = async (request: WebhookRequest, options = {}, given = {}) =>
    (await receive(request, { ...source, ...options }, context(given))).response.status

  it('takes Standard Webhooks, a plain HMAC or a bearer token', async () => {
    const body = JSON.stringify(event)
    expect(await status(standardWebhook(event))).toBe(202)
    expect(await status(webhook(body, { headers: { authorization: '', 'x-signature-256': hmac(body) } }))).toBe(202)
    expect(await status(webhook(body, { headers: { authorization: `bearer ${secret}` } }))).toBe(202)
  })

  it('refuses a request without any, or with empty ones', async () => {
    for (const empty of [{}, { 'webhook-signature': '' }, { 'x-signature-256': ' ' }]) {
      expect(await status(webhook(event, { headers: { authorization: '', ...empty } }))).toBe(401)
    }
  })

  it('wants every one that a request carries to hold', async () => {
    const body = JSON.stringify(event)
    const headers = { authorization: `Bearer ${secret}`, 'x-signature-256': hmac(body, 'other') }
    expect(await status(webhook(body, { headers }))).toBe(401)
    const signed = standardWebhook(event)
    expect(await status({ ...signed, headers: { ...signed.headers, authorization: 'Bearer other' } })).toBe(401)
    expect(await status({ ...signed, headers: { ...signed.headers, authorization: 'Basic eDp5' } })).toBe(401)
  })

  it('takes only the one that the option pins', async () => {
    expect(await status(webhook(event), { authentication: 'hmac' })).toBe(401)
    expect(await status(webhook(event), { authentication: 'bearer' })).toBe(202)
  })

  it('reads the HMAC from the header that the option names', async () => {
    const body = JSON.stringify(event)
    const headers = { authorization: '', 'x-shop-signature': hmac(body) }
    expect(await status(webhook(body, { headers }), { signatureHeader: 'X-Shop-Signature' })).toBe(202)
  })

  it('refuses a stamp that is more than five minutes old or early', async () => {
    for (const [seconds, expected] of [
      [-301, 401],
      [-299, 202],
      [299, 202],
      [301, 401],
    ] as const) {
      expect(await status(standardWebhook(event, { timestamp: noon / 1000 + seconds }))).toBe(expected)
    }
    expect(await status(standardWebhook(event, { timestamp: Number.NaN }))).toBe(401)
  })

  it('takes any signature of version 1 among several, and skips versions it does not know', async () => {
    const request = standardWebhook(event)
    const signature = request.headers['webhook-signature']
    const withSignature = (value: string) => ({
      ...request,
      headers: { ...request.headers, 'webhook-signature': value },
    })
    expect(await status(withSignature(`v1a,xyz v1,AAAA ${signature}`))).toBe(202)
    expect(await status(withSignature(`${signature}`.replace('v1,', 'v2,')))).toBe(401)
  })

  it('verifies the vectors that Standard Webhooks and Svix publish', async () => {
    // https://github.com/standard-webhooks/standard-webhooks and https://github.com/svix/svix-webhooks, their libraries' tests
    const vectors = [
      [
        'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        'msg_p5jXN8AQM9LWM0D4loKWxJek',
        1614265330,
        '{"test": 2432232314}',
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      ],
      [
        'whsec_plJ3nmyCDGBKInavdOK15jsl',
        'msg_loFOjxBNrRLzqYUf',
        1731705121,
        '{"event_type":"ping","data":{"success":true}}',
        'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
      ],
    ] as const
    for (const [key, id, timestamp, body, signature] of vectors) {
      const headers = {
        authorization: '',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      }
      const request = webhook(body, { headers })
      const now = new Date(timestamp * 1000)
      // 422: the signature holds, and the body is no event of ours.
      expect(await status(request, {}, { secrets: [key], now })).toBe(422)
      expect(await status(request, {}, { secrets: [key.replace('whsec_', '')], now })).toBe(422)
      expect(await status(request, {}, { secrets: [secret.toLowerCase()], now })).toBe(401)
    }
  })

  it('holds for no request that was changed in any byte', async () => {
    const signed = standardWebhook(event)
    await fc.assert(
      fc.asyncProperty(fc.nat(signed.body.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
        const body = Buffer.from(signed.body)
        body[index] = (body[index] as number) ^ flip
        expect(await status({ ...signed, body })).toBe(401)
      }),
      { numRuns: 300, seed: 5 },
    )
  })
})

function standardWebhook(event: unknown, { timestamp = noon / 1000 } = {}): WebhookRequest {
  const body = JSON.stringify(event)
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64')
  const headers = {
    authorization: '',
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  }
  return webhook(body, { headers })
}
