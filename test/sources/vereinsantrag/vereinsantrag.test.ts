import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { readSettings } from '../../../functions/settings/settings.ts'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { context } from '../../support/factories.ts'
import { applicationWebhook } from './sender.ts'

const url = '/webhooks/vereinsantrag/42'

async function send(request: WebhookRequest, options = {}, given = {}) {
  const source = { name: 'vereinsantrag', kind: 'vereinsantrag', ...options }
  const { response, ...asked } = await receive(request, source, context(given))
  return { ...asked, status: response.status, answer: JSON.parse(response.body ?? 'null') }
}

describe('an event of Vereinsantrag', () => {
  const events = { ApplicationAccepted: 'task.done', ApplicationReceived: 'task.reopened' }

  it.each(['ApplicationReceived', 'EmailConfirmed', 'ApplicationAccepted', 'ApplicationRejected', 'Other', ''])(
    '%s is verified and ignored unless the option maps it',
    async (event) => {
      const { status, answer, ...asked } = await send(applicationWebhook({ event, url }))
      expect([status, answer.ignored]).toEqual([
        200,
        [{ eventId: 'd-1', reason: 'this event means nothing (option events)' }],
      ])
      expect(asked).toEqual({ events: [], updates: [], objectUpdates: [], links: [] })
    },
  )

  it.each([
    ['ApplicationAccepted', true],
    ['ApplicationReceived', false],
  ])('%s completes the chat message of the URL as the option says: %s', async (event, value) => {
    const { status, updates } = await send(applicationWebhook({ event, url }), { events })
    const receivedAt = '2026-11-22T12:00:00.000Z'
    expect([status, updates]).toEqual([
      202,
      [{ messageId: '42', eventId: 'd-1', source: 'vereinsantrag', receivedAt, change: { kind: 'completed', value } }],
    ])
  })

  it('that no URL ties to a chat message is reported', async () => {
    const { status, events: reported, answer } = await send(applicationWebhook(), { events })
    expect([status, reported.length, answer.ignored.length]).toEqual([200, 1, 1])
  })

  it.each([
    [{ events: { ApplicationLost: 'task.done' } }, 'ApplicationLost: there is no such setting'],
    [{ events: { ApplicationAccepted: 'done' } }, 'events.ApplicationAccepted: '],
    [{ signedText: '{timestamp}' }, 'signedText: expected {body} once'],
    [{ signedText: '{body}', tolerance: 60 }, 'tolerance: expected a timestamp with it'],
  ])('is not set up by %j', (options, message) => {
    const SOURCES = { club: { kind: 'vereinsantrag', ...options } }
    expect(() => readSettings({ SOURCES }, 'one machine')).toThrow(`SOURCES: club: ${message}`)
  })
})

describe('the signature of Vereinsantrag, as it is assumed', () => {
  it('is over the timestamp too, which has to be there', async () => {
    expect((await send(applicationWebhook({ signs: (_, body) => body }))).status).toBe(401)
    const signed = applicationWebhook()
    const headers = { ...signed.headers, 'x-vereinsantrag-timestamp': ' ' }
    expect((await send({ ...signed, headers })).status).toBe(401)
  })

  it('may cover another text, by an option', async () => {
    const bodyOnly = applicationWebhook({ signs: (_, body) => body, timestamp: '1' })
    expect((await send(bodyOnly, { signedText: '{body}' })).status).toBe(200)
    const withId = applicationWebhook({ signs: (stamp, body) => `d-1.${stamp}.${body}` })
    expect((await send(withId, { signedText: '{id}.{timestamp}.{body}' })).status).toBe(200)
    expect((await send(withId, { signedText: '{timestamp}:{body}' })).status).toBe(401)
  })
})
