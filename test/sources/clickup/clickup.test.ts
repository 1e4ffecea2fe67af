import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { clickupWebhook } from './sender.ts'

const source = { name: 'clickup', kind: 'clickup' }
const object = '1vj38vv'
const status = fixture('clickup/status')

async function send(payload: unknown, options = {}) {
  return receive(clickupWebhook(payload), { ...source, ...options }, context())
}

/** The same event with another first history item. */
function changed(name: string, item: object, event: object = {}) {
  const payload = fixture(`clickup/${name}`)
  const [first, ...others] = payload.history_items
  return { ...payload, ...event, history_items: [{ ...first, ...item }, ...others] }
}

describe('a task in ClickUp', () => {
  it('is done when its status is of a type that is done', async () => {
    const { response, events, objectUpdates } = await send(status)
    const happened = {
      eventId: '7fa3ec74-69a8-4530-a251-8a13730bd204:2800787326392370170',
      occurredAt: '2026-11-22T11:00:00.330Z',
      actor: 'John',
      object,
    }
    const change = { kind: 'completed', value: true }
    expect(response.status).toBe(202)
    expect(events).toEqual([{ ...happened, type: 'task.done', change, messageIds: [] }])
    expect(objectUpdates).toMatchObject([{ ...happened, change }])
    const ofTypeDone = changed('status', { after: { status: 'shipped', type: 'done' } })
    expect((await send(ofTypeDone)).events).toMatchObject([{ type: 'task.done' }])
  })

  it('is open again when its status leaves them, and nothing else from one to the next', async () => {
    const { before, after } = status.history_items[0]
    const typeOf = async (from: unknown, to: unknown) =>
      (await send(changed('status', { before: from, after: to }))).events.map(({ type }) => type)
    expect(await typeOf(after, before)).toEqual(['task.reopened'])
    expect(await typeOf(after, { type: 'done' })).toEqual([])
    expect(await typeOf(before, { type: 'open' })).toEqual([])
    expect((await send(fixture('clickup/created'))).events).toEqual([])
  })

  it('is the same event when it comes as taskUpdated too', async () => {
    const [one, other] = [await send(status), await send({ ...status, event: 'taskUpdated' })]
    expect(one.objectUpdates).toEqual(other.objectUpdates)
  })

  it('tells of each of several changes', async () => {
    const both = { ...status, history_items: [...status.history_items, ...fixture('clickup/content').history_items] }
    const { events, links } = await send(both)
    expect(events.map(({ type }) => type)).toEqual(['task.done', 'text.edited'])
    const { before: _, ...left } = fixture('clickup/tag').history_items[0]
    expect((await send({ ...fixture('clickup/tag'), history_items: [left] })).links).toHaveLength(1)
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(2)
    expect(links).toMatchObject([{ object, messageId: '42' }])
  })

  it('teaches what its description refers to; the edit itself changes a chat message where the option adds it', async () => {
    const { events, updates, links } = await send(fixture('clickup/content'))
    const change = { kind: 'text', text: 'The roof leaks: the question\n' }
    expect([events, updates]).toMatchObject([[{ type: 'text.edited', change, messageIds: ['42'] }], []])
    expect(links).toMatchObject([{ object, messageId: '42', present: true }])
    expect((await send(fixture('clickup/content'), { meanings: ['text'] })).updates).toMatchObject([{ change }])
  })

  it('teaches what its name, a tag, a custom field or a comment refers to, unless the option says otherwise', async () => {
    const text = 'chatroom_message/42'
    for (const [payload, messageId] of [
      [fixture('clickup/tag'), '42'],
      [fixture('clickup/comment'), '43'],
      [changed('content', { field: 'name', before: 'Roof', after: text }), '42'],
      [changed('content', { field: 'custom_field', after: text, custom_field: { type: 'url' } }), '42'],
    ] as const) {
      expect((await send(payload)).links).toMatchObject([{ object, messageId }])
      expect((await send(payload, { references: 'none' })).links).toEqual([])
    }
  })

  it('reports an edited comment or name, which never edit a chat message', async () => {
    const comment = { ...fixture('clickup/comment'), event: 'taskCommentUpdated' }
    const name = changed('content', { field: 'name', before: 'Roof', after: 'chatroom_message/42' })
    for (const payload of [comment, name]) {
      const { events, updates } = await send(payload, { meanings: ['text'] })
      expect([events, updates]).toMatchObject([[{ type: 'text.edited' }], []])
    }
  })

  it('says nothing by whatever else happens to it', async () => {
    for (const payload of [
      fixture('clickup/deleted'),
      changed('content', { field: 'priority' }),
      changed('tag', { after: 'x' }),
      changed('content', { after: '{"ops":' }),
      changed('content', { after: null }),
      changed('content', { field: 'name', after: 7 }),
      { ...status, history_items: [null, 7, {}] },
      [],
      'x',
    ]) {
      const { response, events } = await send(payload)
      expect([response.status, events]).toEqual([200, []])
      expect(JSON.parse(response.body ?? '')).toEqual({ accepted: [], ignored: [{ reason: expect.any(String) }] })
    }
  })
})
