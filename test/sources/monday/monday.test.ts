import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, secret } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { mondayWebhook } from './sender.ts'

const source = { name: 'monday', kind: 'monday' }
const object = '7786784079'
const status = fixture('monday/status')

async function send(payload: unknown, options = {}) {
  return receive(mondayWebhook(payload), { ...source, ...options }, context())
}

/** The same event with other fields. */
function changed(name: string, given: object) {
  return { event: { ...fixture(`monday/${name}`).event, ...given } }
}

describe('an item in monday.com', () => {
  const { value: done, previousValue: working } = status.event

  it('is done when its status is, and open again when it is not any more', async () => {
    const { response, events, objectUpdates } = await send(status)
    const happened = {
      eventId: '179d9f2b3f2bc19d141f4bc53764cf01',
      occurredAt: '2026-11-22T11:00:00.186Z',
      actor: '67214742',
      object,
    }
    const change = { kind: 'completed', value: true }
    expect(response.status).toBe(202)
    expect(events).toEqual([{ ...happened, type: 'task.done', change, messageIds: [] }])
    expect(objectUpdates).toMatchObject([{ ...happened, change }])
    for (const value of [working, null]) {
      const left = changed('status', { value, previousValue: done })
      expect((await send(left)).events).toMatchObject([{ type: 'task.reopened', object }])
    }
    expect((await send(changed('status', { value: working, previousValue: null }))).events).toEqual([])
  })

  it('is done by the label “Done” where monday.com does not say which labels are', async () => {
    const value = { label: { index: 1, text: 'Done' } }
    expect((await send(changed('status', { value }))).events).toMatchObject([{ type: 'task.done' }])
  })

  it('is done by the labels and in the columns that the options name, and by no others', async () => {
    const value = { label: { index: 3, text: 'Abgenommen', is_done: false } }
    const accepted = changed('status', { value })
    const typesOf = async (payload: unknown, options: object) =>
      (await send(payload, options)).events.map(({ type }) => type)
    expect(await typesOf(accepted, {})).toEqual([])
    expect(await typesOf(accepted, { doneLabels: ['Abgenommen'] })).toEqual(['task.done'])
    expect(await typesOf(status, { doneLabels: ['Abgenommen'] })).toEqual([])
    for (const column of ['Status', 'status_mkmwnxnk']) {
      expect(await typesOf(status, { statusColumns: [column] })).toEqual(['task.done'])
    }
    expect(await typesOf(status, { statusColumns: ['Priority'] })).toEqual([])
  })

  it('teaches what a user writes into a column, its name or an update', async () => {
    for (const [payload, messageId] of [
      [fixture('monday/text-column'), '42'],
      [
        changed('text-column', {
          columnType: 'link',
          value: { url: 'https://x.example/chatroom_message/42', text: '' },
        }),
        '42',
      ],
      [fixture('monday/name'), '42'],
      [fixture('monday/edited-update'), '43'],
    ] as const) {
      expect((await send(payload)).links).toMatchObject([{ object, messageId, present: true }])
      expect((await send(payload, { references: 'none' })).links).toEqual([])
    }
  })

  it('is not linked by what a stranger may have written in a form, unless the option says so', async () => {
    for (const payload of [fixture('monday/created'), changed('text-column', { userId: -4 })]) {
      expect((await send(payload)).links).toEqual([])
      expect((await send(payload, { references: 'everyone' })).links).toMatchObject([{ object, messageId: '42' }])
    }
  })

  it('reports an edited update or name, which never edit a chat message', async () => {
    for (const name of ['edited-update', 'name']) {
      const { events, updates } = await send(fixture(`monday/${name}`), { meanings: ['text'] })
      expect([events, updates]).toMatchObject([[{ type: 'text.edited' }], []])
    }
  })

  it('says nothing by whatever else happens to it', async () => {
    const payloads = [changed('status', { type: 'move_pulse_into_group' }), changed('status', { columnType: 'date' })]
    for (const payload of [...payloads, { event: { type: 'create_column' } }, [], 'x', null]) {
      const { response, events } = await send(payload)
      expect([response.status, events]).toEqual([200, []])
      expect(JSON.parse(response.body ?? '')).toMatchObject({ accepted: [], ignored: [{ reason: expect.any(String) }] })
    }
  })
})

describe('monday.com’s token', () => {
  const statusOf = async (request: ReturnType<typeof mondayWebhook>, given = {}) =>
    (await receive(request, source, context(given))).response.status

  it('is signed with the app’s signing secret, by HS256 and nothing else', async () => {
    const request = mondayWebhook(status)
    const token = `${request.headers['authorization']}`
    const withToken = (authorization: string) => ({ ...request, headers: { ...request.headers, authorization } })
    expect(await statusOf(withToken(`Bearer ${token}`))).toBe(202)
    expect(await statusOf(mondayWebhook(status, { alg: 'none' }))).toBe(401)
    expect(await statusOf(withToken(`${token.split('.').slice(0, 2).join('.')}.`))).toBe(401)
    expect(await statusOf(withToken(`x${token}`))).toBe(401)
    expect(await statusOf(withToken(secret))).toBe(401)
  })

  it('has to say when it expires', async () => {
    expect(await statusOf(mondayWebhook(status, { exp: undefined }))).toBe(401)
  })

  it('is for this URL: for its path, and for all of it where a setting says how the outside calls the bridge', async () => {
    const publicUrl = 'https://bridge.example'
    expect(await statusOf(mondayWebhook(status), { publicUrl })).toBe(202)
    expect(await statusOf({ ...mondayWebhook(status), url: `${publicUrl}/webhooks/monday` })).toBe(202)
    const elsewhere = mondayWebhook(status, { aud: 'https://other.example/webhooks/monday' })
    expect(await statusOf(elsewhere)).toBe(202)
    expect(await statusOf(elsewhere, { publicUrl })).toBe(401)
    expect(await statusOf(mondayWebhook(status, { aud: 'https://bridge.example/webhooks/other' }))).toBe(401)
    expect(await statusOf(mondayWebhook(status, { aud: undefined }))).toBe(202)
  })

  it('is not needed for a challenge, which is echoed and asks for nothing, whether or not there is a secret', async () => {
    const challenge = '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P'
    const ask = (payload: unknown, secrets = [secret]) => {
      const headers = { 'content-type': 'application/json' }
      return receive({ ...mondayWebhook(payload), headers }, source, context({ secrets }))
    }
    for (const secrets of [[secret], []]) {
      const { response, events, updates } = await ask({ challenge }, secrets)
      expect(response).toEqual({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ challenge }),
      })
      expect([events, updates]).toEqual([[], []])
    }
    for (const more of [{ challenge, ...status }, { challenge: 7 }, { challenge: 'x'.repeat(5000) }]) {
      expect((await ask(more)).response.status).toBe(401)
    }
  })
})
