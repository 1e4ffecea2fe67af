import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { todoistWebhook } from './sender.ts'

const source = { name: 'todoist', kind: 'todoist' }
const object = '6XR4GqQQCW6Gv9h4'
const eventId = '9c7ae1b1-7d43-4c1e-8f35-22ef0fb3a001'

async function send(payload: unknown, options = {}, given: Parameters<typeof todoistWebhook>[1] = {}) {
  return receive(todoistWebhook(payload, given), { ...source, ...options }, context())
}

/** The same event with other data. */
function changed(name: string, data: object, event: object = {}) {
  const payload = fixture(`todoist/${name}`)
  return { ...payload, ...event, event_data: { ...payload.event_data, ...data } }
}

describe('a task in Todoist', () => {
  it('is done, and open again, with a 200 where others get 202', async () => {
    for (const [name, type, value] of [
      ['completed', 'task.done', true],
      ['uncompleted', 'task.reopened', false],
    ] as const) {
      const { response, events, objectUpdates } = await send(fixture(`todoist/${name}`))
      const happened = { eventId, occurredAt: '2026-11-22T11:00:00.123Z', actor: '2671355', object }
      expect(response.status).toBe(200)
      expect(JSON.parse(response.body ?? '')).toEqual({ accepted: [{ eventId, type, object }], ignored: [] })
      expect(events).toEqual([{ ...happened, type, change: { kind: 'completed', value }, messageIds: [] }])
      expect(objectUpdates).toMatchObject([{ ...happened, change: { kind: 'completed', value } }])
    }
  })

  it('that recurs is done each time, unless the option says otherwise', async () => {
    expect((await send(fixture('todoist/recurring'))).events).toMatchObject([{ type: 'task.done', object }])
    expect((await send(fixture('todoist/recurring'), { recurring: false })).events).toEqual([])
  })

  it('that is edited is reported, and changes a chat message where the option adds it', async () => {
    const { events, objectUpdates } = await send(fixture('todoist/updated'))
    const change = { kind: 'text', text: 'Buy oat milk' }
    expect([events, objectUpdates]).toMatchObject([[{ type: 'text.edited', change }], []])
    expect((await send(fixture('todoist/updated'), { meanings: ['text'] })).objectUpdates).toMatchObject([{ change }])
  })

  it('whose description is edited is reported, and never changes a chat message', async () => {
    const described = changed('updated', { content: 'Buy Milk', description: 'Soon' })
    const { events, objectUpdates } = await send(described, { meanings: ['text'] })
    expect([events, objectUpdates]).toMatchObject([[{ type: 'text.edited', change: { text: 'Soon' } }], []])
  })

  it('teaches what its words and labels refer to', async () => {
    expect((await send(fixture('todoist/added'))).links).toMatchObject([
      { object, messageId: '42', present: true, eventId, occurredAt: '2026-11-22T11:00:00.123Z' },
    ])
    const labelled = changed('completed', { labels: [7, 'chatroom-message-42', 'chatroom_message/42'] })
    expect(await send(labelled)).toMatchObject({ links: [{ messageId: '42' }], updates: [{ messageId: '42' }] })
    expect((await send(labelled, { references: 'none' })).links).toEqual([])
  })

  it('whose id is a number, as it once was, is the same kind of thing', async () => {
    expect((await send(changed('completed', { id: 2995104339 }))).events).toMatchObject([{ object: '2995104339' }])
  })
})

describe('a comment in Todoist', () => {
  it('tells of its file, and teaches its task’s link', async () => {
    const comment = fixture('todoist/comment')
    const attachment = {
      id: '6XR4H993xv8H5qCR1',
      filename: 'File1.pdf',
      filesize: '4321',
      mimetype: 'application/pdf',
      googledownloadlink: 'https://cdn-domain.tld/path/to/file.pdf',
    }
    const { events, updates, links } = await send(comment)
    const change = { kind: 'attachment', attachment, present: true }
    expect(events).toMatchObject([{ type: 'attachment.added', change, object, messageIds: ['43'] }])
    expect([updates, links]).toMatchObject([[], [{ object, messageId: '43' }]])
    expect((await send(comment, { meanings: ['attachment'] })).updates).toMatchObject([{ messageId: '43', change }])
    const deleted = { ...comment, event_name: 'note:deleted' }
    expect((await send(deleted)).events).toMatchObject([{ type: 'attachment.removed', messageIds: [] }])
  })

  it('never edits a chat message', async () => {
    const edited = changed('comment', {}, { event_name: 'note:updated' })
    const { events, updates } = await send(edited, { meanings: ['text'] })
    expect([events, updates]).toMatchObject([[{ type: 'text.edited', change: { kind: 'text' } }], []])
  })

  it('on a project is ignored', async () => {
    const { item_id: _, ...data } = fixture('todoist/comment').event_data
    expect((await send({ ...fixture('todoist/comment'), event_data: data })).events).toEqual([])
  })
})

describe('Todoist’s webhooks', () => {
  it('that say nothing for a chat message are ignored, with a reason', async () => {
    const plain = changed('added', { description: '' })
    for (const payload of [
      plain,
      { ...plain, event_name: 'project:added' },
      { event_name: 'item:new' },
      [],
      null,
      'x',
    ]) {
      const { response, events, objectUpdates } = await send(payload)
      expect([response.status, events, objectUpdates]).toEqual([200, [], []])
      expect(JSON.parse(response.body ?? '')).toEqual({
        accepted: [],
        ignored: [{ eventId, reason: expect.any(String) }],
      })
    }
  })

  it('without a delivery id are known by their bytes', async () => {
    const request = todoistWebhook(fixture('todoist/completed'))
    const { 'x-todoist-delivery-id': _, ...headers } = request.headers
    const ids = await Promise.all(
      [1, 2].map(async () => (await receive({ ...request, headers }, source, context())).events[0]),
    )
    expect(ids[0]?.eventId).toMatch(/^[\w-]{43}$/)
    expect(ids[0]).toEqual(ids[1])
  })
})
