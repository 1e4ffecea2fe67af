import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
// The data is the conformance example of https://github.com/cdevents/spec, as its CloudEvents binding wraps it.
import closed from '../../fixtures/cloudevents/ticket.closed.json' with { type: 'json' }
import { context, secret, webhook } from '../../support/factories.ts'

type Given = Parameters<typeof webhook>[1]

async function send(body: unknown, given: Given = {}, options = {}) {
  const source = { name: 'shop', kind: 'cloudevents', ...options }
  const { response, ...asked } = await receive(webhook(body, { url: '/webhooks/shop', ...given }), source, context())
  return { ...asked, status: response.status, answer: JSON.parse(response.body ?? 'null') }
}

const envelope = {
  specversion: '1.0',
  id: 'A-1',
  source: '/shop',
  type: 'task.done',
  subject: '42',
  time: '2026-11-22T11:00:00.123456Z',
}
const inHeaders = (attributes: Record<string, unknown>, written: (value: string) => string = encodeURIComponent) =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, written(String(value))]))

describe('an event of ours in a CloudEvent', () => {
  const update = {
    messageId: '42',
    eventId: '/shop A-1',
    source: 'shop',
    occurredAt: '2026-11-22T11:00:00.123Z',
    receivedAt: '2026-11-22T12:00:00.000Z',
    change: { kind: 'completed', value: true },
  }

  it.each([
    ['structured', envelope, { 'content-type': 'application/cloudevents+json; charset=utf-8' }],
    ['structured as plain JSON', envelope, {}],
    ['batched', [envelope], { 'content-type': 'application/cloudevents-batch+json' }],
    ['binary', {}, inHeaders(envelope)],
    ['binary with quoted headers', {}, inHeaders(envelope, (value) => `"${value.replace('A', '\\A')}"`)],
    ['binary without a body', '', { ...inHeaders(envelope), 'content-type': '' }],
  ])('may come %s', async (_, body, headers) => {
    const { status, updates, answer } = await send(body, { headers })
    expect([status, updates]).toEqual([202, [update]])
    expect(answer.accepted).toEqual([{ eventId: '/shop A-1', type: 'task.done', messageId: '42' }])
  })

  it('has its other fields in the data, whose own type counts where it is one of ours', async () => {
    const reacted = { ...envelope, type: 'com.example.reacted', data: { type: 'react', emoji: '❤️', actor: 'anna' } }
    const change = { kind: 'reaction', emoji: '❤️', present: true }
    expect((await send(reacted)).updates).toMatchObject([{ ...update, actor: 'anna', change }])
    const ticket = { ...envelope, data: { type: 'bug', id: 7 } }
    expect((await send(ticket)).updates).toMatchObject([{ eventId: '/shop A-1', change: { kind: 'completed' } }])
  })

  it('may have its data in base64, as senders of bytes write it', async () => {
    const base64 = (data: string) => ({ ...envelope, type: 'react', data_base64: Buffer.from(data).toString('base64') })
    const { updates } = await send(base64('{"emoji":"❤️","actor":"anna"}'))
    expect(updates).toMatchObject([{ messageId: '42', actor: 'anna', change: { kind: 'reaction', emoji: '❤️' } }])
    expect((await send(base64('%PDF-1.7'))).status).toBe(200)
    const generic = await send(base64('{"emoji":"❤️"}'), {}, { kind: 'generic' })
    expect(generic.updates).toMatchObject([{ messageId: '42', change: { emoji: '❤️' } }])
  })

  it('names its event by source and id together', async () => {
    const batch = [envelope, { ...envelope, source: '/office' }, { ...envelope, id: 'x'.repeat(300) }]
    const ids = (await send(batch)).events.map(({ eventId }) => eventId)
    expect(ids).toEqual(['/shop A-1', '/office A-1', expect.stringMatching(/^[\w-]{43}$/)])
  })

  it('takes no subject for a chat message that can not be one', async () => {
    const { updates, objectUpdates } = await send({ ...envelope, subject: 'a/b', data: { object: 'ticket-7' } })
    expect([updates, objectUpdates.length]).toEqual([[], 1])
  })

  it.each(['id', 'source', 'type', 'specversion'])('is refused without %s, in any mode', async (name) => {
    for (const value of [undefined, '']) {
      const without = { ...envelope, [name]: value }
      const structured = await send(without)
      expect([structured.status, structured.answer.errors[0].path]).toEqual([422, name])
      const batched = await send([envelope, without])
      expect([batched.status, batched.answer.errors[0].path, batched.updates]).toEqual([422, `1.${name}`, []])
      const { [name as 'id']: _, ...others } = envelope
      const binary = await send({}, { headers: inHeaders(others) })
      expect([binary.status, binary.answer.errors[0].path]).toEqual([422, `ce-${name}`])
    }
  })

  it.each([[7], [null], ['"text"'], [{}], [[7]], [{ ...envelope, specversion: '0.3' }]])('is not %j', async (body) => {
    expect((await send(body)).status).toBe(422)
  })

  it('of a type that is not ours is ignored, and an empty batch asks for nothing', async () => {
    const { status, answer, events } = await send({ ...envelope, type: 'com.example.party' })
    expect([status, events, answer.ignored[0].eventId]).toEqual([200, [], '/shop A-1'])
    expect((await send([])).status).toBe(200)
  })

  it('beyond the bounds is reported and changes nothing', async () => {
    const { status, events, updates } = await send({ ...envelope, type: 'react', data: { emoji: 'x'.repeat(65) } })
    expect([status, events.length, updates]).toEqual([200, 1, []])
  })

  it('is refused where it contradicts the URL, and in a format that is not JSON', async () => {
    expect((await send(envelope, { url: '/webhooks/shop/43' })).status).toBe(422)
    expect((await send(envelope, { headers: { 'content-type': 'application/cloudevents+avro' } })).status).toBe(415)
  })
})

describe('a ticket of CDEvents', () => {
  const object = '/ticketing/system#ticket-123'
  const ticket = (verb: string, content = {}) => ({
    ...closed,
    type: `dev.cdevents.ticket.${verb}.0.2.0`,
    data: {
      ...closed.data,
      subject: { ...closed.data.subject, content: { ...closed.data.subject.content, ...content } },
    },
  })

  it('that is closed is done, and its own id is no chat message', async () => {
    const { status, updates, objectUpdates, links } = await send(closed)
    expect([status, updates, links]).toEqual([202, [], []])
    expect(objectUpdates).toEqual([
      {
        object,
        eventId: '/ticketing/system F4BD2B55-B6F6-4F44-AF72-BD2D0E7A8708',
        source: 'shop',
        occurredAt: '2022-11-11T13:52:20.079Z',
        receivedAt: '2026-11-22T12:00:00.000Z',
        actor: 'Bob',
        change: { kind: 'completed', value: true },
      },
    ])
    expect((await send({ ...closed, subject: '42' }, { url: '/webhooks/shop/7' })).updates).toMatchObject([
      { messageId: '7' },
    ])
  })

  it('teaches what it refers to only where the option says so', async () => {
    const created = ticket('created', { summary: 'Roof (chatroom_message/42)', labels: ['chatroom-message:43'] })
    expect(await send(created)).toMatchObject({ status: 200, events: [], links: [] })
    const { links, events } = await send(created, {}, { references: 'everyone' })
    expect(links.map((link) => [link.object, link.messageId])).toEqual([
      [object, '42'],
      [object, '43'],
    ])
    expect(events).toMatchObject([{ type: 'link.added', actor: 'Alice' }])
  })

  it.each([
    ['updated', ticket('updated')],
    ['of another verb', ticket('escalated')],
    ['of another form', { ...closed, data: { subject: {} } }],
    ['without data', { ...closed, data: undefined }],
    ['of another subject', { ...closed, type: 'dev.cdevents.build.finished.0.2.0' }],
  ])('%s is ignored', async (_, body) => {
    const { status, events, answer } = await send(body)
    expect([status, events, answer.ignored.length]).toEqual([200, [], 1])
  })
})

describe('who sends CloudEvents', () => {
  const body = JSON.stringify(envelope)
  const none = { authorization: '' }
  const statusOf = async (given: Given, options = {}) => (await send(body, given, options)).status

  it('says so like the generic source, a declared scheme included', async () => {
    expect(await statusOf({})).toBe(202)
    expect(await statusOf({ headers: none })).toBe(401)
    expect(await statusOf({ headers: { authorization: 'Bearer other' } })).toBe(401)
    const signature = createHmac('sha1', secret).update(body).digest('base64')
    const options = { signatureHeader: 'x-sign', algorithm: 'sha1', encoding: 'base64' }
    expect(await statusOf({ headers: { ...none, 'x-sign': signature } }, options)).toBe(202)
    expect(await statusOf({ headers: { ...none, 'x-sign': `${signature}x` } }, options)).toBe(401)
  })

  it('may put the token into the query, and two must both hold', async () => {
    const url = `/webhooks/shop?x=1&access_token=${encodeURIComponent(secret)}`
    expect(await statusOf({ url, headers: none })).toBe(202)
    expect(await statusOf({ url })).toBe(202)
    expect(await statusOf({ url, headers: { authorization: 'Bearer other' } })).toBe(401)
    expect(await statusOf({ url: '/webhooks/shop?access_token=other' })).toBe(401)
    expect(await statusOf({ url: '/webhooks/shop?access_token=', headers: none })).toBe(401)
    expect(await statusOf({ url, headers: none }, { authentication: 'hmac' })).toBe(401)
  })
})

describe('the handshake of CloudEvents', () => {
  const ask = async (headers: Record<string, string>, method = 'OPTIONS') => {
    const request = { method, url: '/webhooks/shop', headers, body: Buffer.from('') }
    return (await receive(request, { name: 'shop', kind: 'cloudevents' }, context({ secrets: [] }))).response
  }

  it('allows whoever asks to send, as fast as it likes: what it sends has to be proven', async () => {
    expect(await ask({ 'webhook-request-origin': 'eventemitter.example.com', 'webhook-request-rate': '120' })).toEqual({
      status: 200,
      headers: { allow: 'POST', 'webhook-allowed-origin': 'eventemitter.example.com', 'webhook-allowed-rate': '*' },
    })
  })

  it('is none without an origin, with one that is no header’s value, or by another method', async () => {
    for (const origin of ['', 'x'.repeat(256), 'a\r\nx: y', 'a b']) {
      expect((await ask({ 'webhook-request-origin': origin })).status).toBe(405)
    }
    expect((await ask({})).headers?.['allow']).toBe('POST')
    expect((await ask({ 'webhook-request-origin': 'a.example' }, 'GET')).status).toBe(405)
    expect((await ask({ 'webhook-request-origin': 'a.example' }, 'POST')).status).toBe(401)
  })
})
