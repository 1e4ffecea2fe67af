import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, noon, secret } from '../../support/factories.ts'
import { linearEvent, linearWebhook } from './sender.ts'

const source = { name: 'linear', kind: 'linear' }
const eventId = '234d1a4e-b617-4388-90fe-adc3633d6b72'
const object = '539068e2-ae88-4d09-bd75-22eb4a59612f'
const comment = '2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9'

async function send(payload: unknown, options: object = {}, given: Parameters<typeof linearWebhook>[1] = {}) {
  const reception = await receive(linearWebhook(payload, given), { ...source, ...options }, context())
  const { ignored } = JSON.parse(reception.response.body ?? '') as { ignored: { reason: string }[] }
  return { ...reception, status: reception.response.status, reasons: ignored.map(({ reason }) => reason) }
}

describe('an issue in Linear', () => {
  it('completed completes the chat message that it refers to, and is answered with the 200 that Linear wants', async () => {
    const { status, updates, links, objectUpdates, events } = await send(linearEvent('issue'))
    const occurredAt = '2026-11-22T11:00:00.173Z'
    const happened = { eventId, occurredAt, actor: 'b5ea5f1f-8adc-4f52-b4bd-ab4e84cf51ba' }
    const change = { kind: 'completed', value: true }
    const update = { ...happened, source: 'linear', receivedAt: '2026-11-22T12:00:00.000Z', change }
    expect([status, updates]).toEqual([200, [{ ...update, messageId: '42' }]])
    expect(objectUpdates).toEqual([{ ...update, object }])
    expect(links).toEqual([{ object, messageId: '42', present: true, eventId, occurredAt }])
    expect(events).toEqual([{ ...happened, type: 'task.done', change, object, messageIds: ['42'] }])
  })

  const time = '2026-11-20T11:00:00.000Z'
  const both = { doneStates: ['completed', 'canceled'] }
  it.each<[string, object, string, object, string | undefined]>([
    ['started out of completed', { stateId: 'x', completedAt: time }, 'started', {}, 'task.reopened'],
    ['started out of the backlog', { stateId: 'x' }, 'started', {}, undefined],
    ['canceled', { stateId: 'x', canceledAt: null }, 'canceled', {}, undefined],
    ['canceled, which the option counts as done', { stateId: 'x', canceledAt: null }, 'canceled', both, 'task.done'],
    ['canceled out of completed', { stateId: 'x', completedAt: time }, 'canceled', {}, undefined],
    ['opened out of canceled', { stateId: 'x', canceledAt: time }, 'unstarted', {}, undefined],
    ['opened out of canceled, which was done', { stateId: 'x', canceledAt: time }, 'unstarted', both, 'task.reopened'],
    ['completed and assigned', { assigneeId: null }, 'completed', {}, undefined],
  ])('%s', async (_, updatedFrom, type, options, expected) => {
    const { events } = await send(linearEvent('issue', { state: { type }, description: '' }, { updatedFrom }), options)
    expect(events.map((event) => event.type)).toEqual(expected === undefined ? [] : [expected])
  })

  it.each<[string, Record<string, unknown>]>([
    ['its title', { title: 'chatroom_message/42' }],
    ['a label', { labels: [{ id: 'x', name: 'chatroom-message:42' }] }],
  ])('teaches what it refers to in %s when it is created, and not when it is removed', async (_, data) => {
    const event = (action: string) => linearEvent('issue', { description: null, ...data }, { action })
    const { status, links, events } = await send(event('create'))
    expect([status, links, events]).toMatchObject([200, [{ object, messageId: '42' }], [{ type: 'link.added' }]])
    expect(await send(event('create'), { references: 'none' })).toMatchObject({ links: [], events: [] })
    expect(await send(event('remove'))).toMatchObject({ links: [], events: [] })
  })

  it('asks for it at the chat message of the URL alone', async () => {
    const { updates, objectUpdates } = await send(linearEvent('issue'), {}, { url: '/webhooks/linear/7' })
    expect([updates.map(({ messageId }) => messageId), objectUpdates]).toEqual([['7'], []])
  })
})

describe('a reaction in Linear', () => {
  it.each([
    ['create', 'reaction.added'],
    ['remove', 'reaction.removed'],
  ])('%s is %s, of the comment and not of its issue', async (action, type) => {
    const { status, updates, events } = await send(linearEvent('reaction', {}, { action }))
    const change = { kind: 'reaction', emoji: '👍', present: action === 'create' }
    const actor = 'aacdca22-6266-4c0a-ab3c-8fa70a26765c'
    expect([status, events]).toMatchObject([200, [{ type, actor, object: comment, change }]])
    expect(updates).toMatchObject([{ messageId: '43', change }])
  })

  it('to an issue is the issue’s', async () => {
    const { objectUpdates } = await send(linearEvent('reaction', { commentId: null, comment: null, issueId: object }))
    expect(objectUpdates).toMatchObject([{ object }])
  })

  it.each([
    ['tada', '🎉'],
    ['👋🏿', '👋🏿'],
    ['❤', '❤️'],
    ['🇩🇪', '🇩🇪'],
  ])('%s is %s', async (emoji, character) => {
    const { objectUpdates } = await send(linearEvent('reaction', { emoji }))
    expect(objectUpdates).toMatchObject([{ change: { emoji: character } }])
  })

  it.each(['', 'party_parrot', '__proto__', '👍👍', 'ü'])('of the unknown name “%s” is ignored', async (emoji) => {
    const { events, reasons } = await send(linearEvent('reaction', { emoji }), { references: 'none' })
    expect([events, reasons]).toEqual([[], ['no character is known for this emoji’s name']])
  })
})

describe('a text edited in Linear', () => {
  const updatedFrom = { description: 'Until Friday' }

  it('is reported, and edits the chat message only where the option adds it', async () => {
    const payload = linearEvent('issue', { description: 'Until Monday: chatroom_message/42' }, { updatedFrom })
    const change = { kind: 'text', text: 'Until Monday: chatroom_message/42' }
    const { events, updates, reasons } = await send(payload)
    expect(events).toMatchObject([{ type: 'text.edited', change }])
    expect([updates, reasons]).toEqual([[], ['linear may not change text (option meanings)']])
    expect((await send(payload, { meanings: ['text'] })).updates).toMatchObject([{ messageId: '42', change }])
  })

  it('with a status in one update is both', async () => {
    const { events } = await send(linearEvent('issue', {}, { updatedFrom: { ...updatedFrom, stateId: 'x' } }))
    expect(events.map(({ type }) => type)).toEqual(['task.done', 'text.edited'])
  })

  it('never edits the chat message when it is a title’s or a comment’s', async () => {
    const title = linearEvent('issue', {}, { updatedFrom: { title: 'a' } })
    for (const [payload, text, messageId] of [
      [title, 'Mend the roof', '42'],
      [linearEvent('comment'), 'As in chatroom_message/43', '43'],
    ] as const) {
      const { events, updates, objectUpdates, links } = await send(payload, { meanings: ['text'] })
      expect(events).toMatchObject([{ type: 'text.edited', object, change: { text } }])
      expect([updates, objectUpdates]).toEqual([[], []])
      expect(links).toMatchObject([{ object, messageId }])
    }
  })

  it('is none when somebody reacts to a comment', async () => {
    const reacted = linearEvent('comment', { body: 'Fine' }, { updatedFrom: { reactionData: [] } })
    expect(await send(reacted)).toMatchObject({ status: 200, events: [] })
  })
})

describe('an attachment in Linear', () => {
  it.each([
    ['create', 'attachment.added'],
    ['remove', 'attachment.removed'],
  ])('%s is %s, for the chat message only where the option adds it', async (action, type) => {
    const attachment = { id: 'e16bbd14-8bb2-4a34-b5a3-0a7a2c5c8b10', filename: 'Offer of the roofer' }
    const change = { kind: 'attachment', attachment, present: action === 'create' }
    const payload = linearEvent('attachment', {}, { action })
    expect(await send(payload)).toMatchObject({ events: [{ type, object, change }], objectUpdates: [] })
    expect((await send(payload, { meanings: ['attachment'] })).objectUpdates).toMatchObject([{ object, change }])
  })

  it('that leads to a chat message links its issue to that', async () => {
    const url = 'https://club.example/chatroom_message/42'
    const { links, events } = await send(linearEvent('attachment', { url }), { meanings: ['attachment'] })
    expect([links, events]).toMatchObject([[{ object, messageId: '42' }], [{ type: 'link.added' }]])
    expect(await send(linearEvent('attachment', { url }, { action: 'remove' }))).toMatchObject({
      events: [],
      links: [],
    })
  })
})

describe('what else Linear sends', () => {
  const webhookTimestamp = noon
  it.each([
    ['a project', linearEvent('issue', {}, { type: 'Project' })],
    ['an event without data', { type: 'OAuthApp', action: 'revoked', webhookTimestamp }],
    ['an issue of another form', linearEvent('issue', { id: 7 })],
    ['nothing else', { webhookTimestamp }],
  ])('%s is ignored', async (_, payload) => {
    const { status, events, reasons } = await send(payload)
    expect([status, events, reasons.length]).toEqual([200, [], 1])
  })

  it('without a time counts from its arrival', async () => {
    const { objectUpdates } = await send(linearEvent('issue', {}, { createdAt: undefined }))
    expect(objectUpdates[0]).not.toHaveProperty('occurredAt')
  })

  it('without an id of the delivery has one of what it sent', async () => {
    const { events } = await send(linearEvent('issue'), {}, { headers: { 'linear-delivery': '' } })
    expect(events[0]?.eventId).toMatch(/^[\w-]{43}$/)
  })
})

describe('Linear’s signature', () => {
  const status = async (request: ReturnType<typeof linearWebhook>, options = {}, secrets = [secret]) =>
    (await receive(request, { ...source, ...options }, context({ secrets }))).response.status

  it('is no other than the digest alone', async () => {
    const request = linearWebhook(linearEvent('issue'))
    for (const value of ['', '00', `sha256=${request.headers['linear-signature']}`]) {
      expect(await status(linearWebhook(linearEvent('issue'), { headers: { 'linear-signature': value } }))).toBe(401)
    }
  })

  it('holds by the time that is signed, and longer than a minute where the option says so', async () => {
    for (const [seconds, tolerance, expected] of [
      [-61, undefined, 401],
      [-3600, 3600, 200],
      [-3601, 3600, 401],
    ] as const) {
      const event = linearEvent('issue', {}, { webhookTimestamp: noon + seconds * 1000 })
      // The header is not signed, and says nothing.
      const request = linearWebhook(event, { headers: { 'linear-timestamp': `${noon}` } })
      expect(await status(request, tolerance && { tolerance })).toBe(expected)
    }
  })

  it('holds for no event without a time, and what is no JSON is refused as that', async () => {
    for (const webhookTimestamp of [undefined, null, `${noon}`, []]) {
      expect(await status(linearWebhook(linearEvent('issue', {}, { webhookTimestamp })))).toBe(401)
    }
    for (const body of [null, [], 7]) expect(await status(linearWebhook(body))).toBe(401)
    expect(await status(linearWebhook(Buffer.from('{')))).toBe(400)
    expect(await status(linearWebhook(Buffer.from('')))).toBe(400)
  })
})
