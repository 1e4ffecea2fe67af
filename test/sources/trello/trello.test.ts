import { describe, expect, it } from 'vitest'
import { createIngest } from '../../../functions/ingest/ingest.ts'
import { receive } from '../../../functions/receive/receive.ts'
import { apiEvent } from '../../support/api-event.ts'
import { context, noon, secret } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { trelloWebhook } from './sender.ts'

const source = { name: 'trello', kind: 'trello' }
const object = '62170652953b1881efdaa700'
const done = fixture('trello/due-complete')

async function send(payload: unknown, options = {}, given: Parameters<typeof trelloWebhook>[1] = {}) {
  return receive(trelloWebhook(payload, given), { ...source, ...options }, context())
}

/** The same action with other data. */
function changed(name: string, data: object, action: object = {}) {
  const payload = fixture(`trello/${name}`)
  return { ...payload, action: { ...payload.action, ...action, data: { ...payload.action.data, ...data } } }
}

describe('a card in Trello', () => {
  it('is done when it is marked complete', async () => {
    const { response, events, updates, objectUpdates, links } = await send(done)
    expect([response.status, updates, links]).toEqual([202, [], []])
    const happened = {
      eventId: '62170652953b1881efdaa701',
      occurredAt: '2026-11-22T11:00:00.033Z',
      actor: 'antjemueller',
    }
    const change = { kind: 'completed', value: true }
    expect(objectUpdates).toEqual([
      { ...happened, object, source: 'trello', receivedAt: '2026-11-22T12:00:00.000Z', change },
    ])
    expect(events).toEqual([{ ...happened, object, type: 'task.done', change, messageIds: [] }])
  })

  it('is open again when the mark is taken away', async () => {
    const { card } = done.action.data
    const { objectUpdates } = await send(
      changed('due-complete', { card: { ...card, dueComplete: false }, old: { dueComplete: true } }),
    )
    expect(objectUpdates).toMatchObject([{ object, change: { kind: 'completed', value: false } }])
  })

  it('is done in a list that says so, and open again outside', async () => {
    const { listBefore, listAfter } = fixture('trello/moved-to-done').action.data
    expect((await send(fixture('trello/moved-to-done'))).events).toMatchObject([{ type: 'task.done' }])
    const back = changed('moved-to-done', { listBefore: listAfter, listAfter: listBefore })
    expect((await send(back)).events).toMatchObject([{ type: 'task.reopened' }])
    const between = changed('moved-to-done', { listAfter: { id: '1', name: 'Doing' } })
    expect((await send(between)).events).toEqual([])
  })

  it('is done where the options say so, and nowhere else', async () => {
    const archived = changed('moved-up', { card: { id: object, closed: true }, old: { closed: false } })
    for (const [payload, options] of [
      [archived, { archived: true }],
      [fixture('trello/check-item'), { doneItems: ['abgenommen '] }],
      [fixture('trello/check-item'), { doneItems: ['62170652953b1881efdaa751'] }],
    ] as const) {
      expect((await send(payload)).events).toEqual([])
      expect((await send(payload, options)).events).toMatchObject([{ type: 'task.done', object }])
    }
    expect((await send(done, { dueComplete: false })).events).toEqual([])
    expect((await send(fixture('trello/moved-to-done'), { doneLists: ['Fertig'] })).events).toEqual([])
  })

  it('is open again when its checklist item is unchecked', async () => {
    const unchecked = changed('check-item', { checkItem: { name: 'Abgenommen', state: 'incomplete' } })
    expect((await send(unchecked, { doneItems: ['Abgenommen'] })).events).toMatchObject([{ type: 'task.reopened' }])
  })

  it('teaches what its description refers to; the edit itself changes a chat message where the option adds it', async () => {
    const described = fixture('trello/described')
    const { updates, links, events } = await send(described)
    const { text } = { text: described.action.data.card.desc }
    expect(updates).toEqual([])
    expect(links).toMatchObject([{ object, messageId: '42', present: true, occurredAt: '2026-11-22T11:00:00.033Z' }])
    expect(events).toMatchObject([{ type: 'text.edited', change: { kind: 'text', text }, messageIds: ['42'] }])
    expect((await send(described, { meanings: ['text'] })).updates).toMatchObject([
      { messageId: '42', change: { text } },
    ])
  })

  it('teaches what its name, an attached link or a custom field refers to', async () => {
    const text = 'chatroom-message:42'
    for (const payload of [
      changed('moved-up', { card: { id: object, name: text } }, { type: 'createCard' }),
      changed('attachment', {
        attachment: { id: '1', name: 'The question', url: 'https://x.example/chatroom_message/42' },
      }),
      changed('moved-up', { customFieldItem: { id: '1', value: { text } } }, { type: 'updateCustomFieldItem' }),
      { ...done, model: { id: object, name: 'Dach', desc: text } },
    ]) {
      expect((await send(payload)).links).toMatchObject([{ object, messageId: '42' }])
      expect((await send(payload, { references: 'none' })).links).toEqual([])
    }
  })

  it('is not linked by the description of its board', async () => {
    const board = { ...done, model: { ...done.model, desc: 'chatroom_message/42' } }
    expect((await send(board)).links).toEqual([])
  })

  it('is linked by a comment only where the option counts everyone’s words', async () => {
    const comment = fixture('trello/comment')
    expect((await send(comment)).links).toEqual([])
    expect((await send(comment, { references: 'everyone' })).links).toMatchObject([{ object, messageId: '43' }])
  })

  it('reports an edited comment or name, which never edit a chat message', async () => {
    const comment = changed('comment', { action: { id: '1', text: 'Neu' } }, { type: 'updateComment' })
    const name = changed('described', { card: { id: object, name: 'Neu' }, old: { name: 'Alt' } })
    for (const payload of [comment, name]) {
      const { events, updates } = await send(payload, { meanings: ['text'] }, { url: '/webhooks/trello/42' })
      expect([events, updates]).toMatchObject([[{ type: 'text.edited', change: { text: 'Neu' } }], []])
    }
  })

  it('reports files that are attached and taken away, as far as Trello tells', async () => {
    const { url } = fixture('trello/attachment').action.data.attachment
    const attachment = { id: '62170652953b1881efdaa760', filename: 'angebot.pdf', googledownloadlink: url }
    expect(await send(fixture('trello/attachment'))).toMatchObject({
      events: [{ type: 'attachment.added', change: { attachment, present: true } }],
      objectUpdates: [],
    })
    const removed = changed(
      'attachment',
      { attachment: { id: '1', name: 'a.pdf' } },
      { type: 'deleteAttachmentFromCard' },
    )
    expect((await send(removed, { meanings: ['attachment'] })).objectUpdates).toMatchObject([
      { object, change: { kind: 'attachment', attachment: { id: '1', filename: 'a.pdf' }, present: false } },
    ])
  })

  it('says nothing by whatever else happens to it', async () => {
    for (const payload of [
      fixture('trello/moved-up'),
      {},
      [],
      'x',
      { action: { type: 'updateBoard', id: '1', data: {} } },
    ]) {
      const { response, events } = await send(payload)
      expect([response.status, events]).toEqual([200, []])
      expect(JSON.parse(response.body ?? '')).toMatchObject({ accepted: [], ignored: [{ reason: expect.any(String) }] })
    }
  })
})

describe('Trello’s signature', () => {
  const statusOf = async (request: ReturnType<typeof trelloWebhook>, given = {}, options = {}) =>
    (await receive(request, { ...source, ...options }, context(given))).response.status

  it('is over the callback URL too: an absolute URL, the one of the setting, of the option, or of the Host header', async () => {
    const url = '/webhooks/trello?x=%C3%BC&y'
    const callbackUrl = `https://club.example/bridge${url}`
    const signed = trelloWebhook(done, { url, callbackUrl })
    expect(await statusOf(signed)).toBe(403)
    expect(await statusOf({ ...signed, url: callbackUrl, headers: { ...signed.headers, host: '' } })).toBe(202)
    expect(await statusOf(signed, { publicUrl: 'https://club.example/bridge/' })).toBe(202)
    expect(await statusOf(signed, {}, { publicUrl: 'https://club.example/bridge' })).toBe(202)
    expect(await statusOf(trelloWebhook(done, { callbackUrl: 'http://bridge.example/webhooks/trello' }))).toBe(202)
    expect(await statusOf({ ...trelloWebhook(done), url: '/webhooks/trello/42' })).toBe(403)
    expect(await statusOf(trelloWebhook(done, { url: '/webhooks/trello/42' }))).toBe(202)
  })

  it('does not hold for what was signed for another host, where a setting says how the outside calls the bridge', async () => {
    const elsewhere = trelloWebhook(done, { host: 'other.example' })
    expect(await statusOf(elsewhere)).toBe(202)
    expect(await statusOf(elsewhere, { publicUrl: 'https://bridge.example' })).toBe(403)
  })
})

describe('ingest and Trello', () => {
  const ingestWith = (of: (name: string, given?: { fresh?: boolean }) => Promise<string[]>, publicUrl?: string) =>
    createIngest({
      sources: new Map([['trello', source]]),
      secrets: { of },
      queue: { send: async () => {} },
      clock: () => noon,
      log: () => {},
      publicUrl,
    })

  it('answers the HEAD before a webhook is made with 200, without any secret, and no other method', async () => {
    const ingest = ingestWith(async () => [])
    const { headers, ...request } = trelloWebhook('')
    const ask = (method: string) => ingest(apiEvent({ ...request, headers: {}, method }))
    expect(await ask('HEAD')).toEqual({ statusCode: 200 })
    for (const method of ['GET', 'OPTIONS', 'DELETE']) expect(await ask(method)).toMatchObject({ statusCode: 405 })
    expect(await ask('POST')).toMatchObject({ statusCode: 403 })
  })

  it('looks past the cache for a newer secret after a 403 too', async () => {
    const ingest = ingestWith(async (_, { fresh = false } = {}) => (fresh ? [secret] : ['old']))
    expect(await ingest(apiEvent(trelloWebhook(done)))).toMatchObject({ statusCode: 202 })
  })

  it('takes the setting PUBLIC_URL for how the outside calls the bridge', async () => {
    const signed = apiEvent(trelloWebhook(done, { callbackUrl: 'https://club.example/webhooks/trello' }))
    expect(await ingestWith(async () => [secret])(signed)).toMatchObject({ statusCode: 403 })
    expect(await ingestWith(async () => [secret], 'https://club.example')(signed)).toMatchObject({ statusCode: 202 })
  })
})
