import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { readSettings } from '../../../functions/settings/settings.ts'
// After the sample in Microsoft's page "Messages in bot conversations"; an outgoing webhook sends the same activity.
import written from '../../fixtures/msteams/message.json' with { type: 'json' }
import { context, secret } from '../../support/factories.ts'
import { teamsWebhook } from './sender.ts'

const source = {
  name: 'msteams',
  kind: 'msteams',
  commands: { Done: 'task.done', 'not done': 'task.reopened', 'done not': 'task.reopened' },
}
const object = written.conversation.id
const eventId = `${object}/1485983408511`

async function send(payload: unknown, given: Parameters<typeof teamsWebhook>[1] = {}, options = {}) {
  const { response, ...asked } = await receive(teamsWebhook(payload, given), { ...source, ...options }, context())
  return { ...asked, status: response.status, answer: JSON.parse(response.body ?? 'null') }
}

describe('a message to Teams’ outgoing webhook', () => {
  it('is only answered where no command is set', async () => {
    const { status, answer, ...asked } = await send(written, { url: '/webhooks/msteams/42' }, { commands: {} })
    expect([status, answer]).toEqual([
      200,
      { type: 'message', text: 'Nothing is changed: no command is known (option commands).' },
    ])
    expect(asked).toEqual({ events: [], updates: [], objectUpdates: [], links: [] })
  })

  it('completes what its thread is linked to, by the command that the option names', async () => {
    const { status, answer, objectUpdates, events } = await send(written)
    expect([status, answer]).toEqual([200, { type: 'message', text: 'Noted.' }])
    const happened = { eventId, object, occurredAt: '2017-02-01T21:10:07.437Z', actor: written.from.aadObjectId }
    const change = { kind: 'completed', value: true }
    expect(objectUpdates).toEqual([{ ...happened, source: 'msteams', receivedAt: '2026-11-22T12:00:00.000Z', change }])
    expect(events).toEqual([{ ...happened, type: 'task.done', change, messageIds: [] }])
  })

  it.each([
    ['<at>Bridge</at> NOT&nbsp;&nbsp;done', false],
    ['<p><at id="0">Bridge</at>&nbsp;done, thanks</p>', true],
    ['<p><at id="0">Bridge</at>&nbsp;done thanks</p>', true],
    ['<at>Bridge</at> done not', false],
    ['<at>Bridge</at> donut', undefined],
    ['<at>Bridge</at> done?', undefined],
    ['<at>Bridge</at> is it done?', undefined],
    ['<at>done</at>', undefined],
    ['<at>Bridge</at>', undefined],
  ])('“%s” is done: %s', async (text, value) => {
    const { events } = await send({ ...written, text })
    expect(events.map(({ change }) => change)).toEqual(value === undefined ? [] : [{ kind: 'completed', value }])
  })

  it('teaches the thread which chat messages it refers to, with a command or without', async () => {
    const text = '<at>Bridge</at> done: <a href="https://club.example/chatroom_message/42">here</a>'
    const { updates, links } = await send({ ...written, text })
    expect([updates.map(({ messageId }) => messageId), links.map(({ messageId }) => messageId)]).toEqual([
      ['42'],
      ['42'],
    ])
    const linked = await send({ ...written, text: '<at>Bridge</at> chatroom_message/42' })
    expect([linked.updates, linked.links.length, linked.answer.text]).toEqual([[], 1, 'Noted.'])
    const unlinked = await send({ ...written, text: '<at>Bridge</at> chatroom_message/42' }, {}, { references: 'none' })
    expect(unlinked.links).toEqual([])
  })

  it('changes the chat message of the URL', async () => {
    const { updates, objectUpdates } = await send(written, { url: '/webhooks/msteams/42' })
    expect([updates.map(({ messageId }) => messageId), objectUpdates]).toEqual([['42'], []])
  })

  it.each([
    ['a message without a text', { ...written, text: null }],
    ['another activity', { ...written, type: 'conversationUpdate' }],
    ['an array', []],
    ['a number', 7],
  ])('%s is answered as Teams wants it, and ignored', async (_, payload) => {
    const { status, answer, events } = await send(payload)
    expect([status, answer.type, events]).toEqual([200, 'message', []])
    expect(answer.text).not.toBe('')
  })

  it('is told why it changes nothing where the option meanings forbids it', async () => {
    const { answer, events } = await send(written, {}, { meanings: [] })
    expect([events.length, answer.text]).toEqual([
      1,
      'Nothing is changed: msteams may not change completed (option meanings).',
    ])
  })
})

describe('Teams’ signature', () => {
  const statusOf = async (request: ReturnType<typeof teamsWebhook>, secrets = ['b2xkZXI=', secret]) =>
    (await receive(request, source, context({ secrets }))).response.status

  it('holds with no secret that is no base64', async () => {
    expect(await statusOf(teamsWebhook(written, { key: '' }), ['§'])).toBe(401)
  })

  it('is not one with the secret’s text as the key, nor a bearer token, nor none', async () => {
    const request = teamsWebhook(written)
    const asText = createHmac('sha256', secret).update(request.body).digest('base64')
    for (const authorization of [`HMAC ${asText}`, `Bearer ${secret}`, 'HMAC', ' ']) {
      expect(await statusOf({ ...request, headers: { ...request.headers, authorization } })).toBe(401)
    }
  })

  it('wants commands that mean something', () => {
    const SOURCES = { team: { kind: 'msteams', commands: { done: 'finished' } } }
    expect(() => readSettings({ SOURCES }, 'one machine')).toThrow('SOURCES: team: commands.done: ')
  })
})
