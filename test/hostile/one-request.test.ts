import { describe, expect, it } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { receive } from '../../functions/receive/receive.ts'
import { apiEvent } from '../support/api-event.ts'
import { stoppedClock } from '../support/clock.ts'
import { context, secret } from '../support/factories.ts'
import { goodEvent } from './events.ts'
import { hostile } from './random.ts'
import { signed, signedByGithub } from './sender.ts'
import { sources } from './sources.ts'

/** Lambda's own limit for the answer of a synchronous call; beyond it API Gateway answers 5xx. */
const lambdaAnswerLimit = 6 * 1024 * 1024

const ingest = createIngest({
  sources,
  secrets: { of: async () => [secret] },
  queue: { send: async () => {} },
  clock: stoppedClock().now,
  log: () => {},
})

describe('one hostile request', () => {
  it('gets an answer that Lambda can return, however many elements of its array are bad', async () => {
    for (const [elements, expected] of [
      [10_000, 422],
      [500_000, 413],
    ] as const) {
      const body = `[${Array(elements).fill('0').join(',')}]`
      const { statusCode, body: answer = '' } = await ingest(apiEvent(signed(hostile(1), body)))
      expect(statusCode).toBe(expected)
      expect(Buffer.byteLength(answer)).toBeLessThan(lambdaAnswerLimit)
    }
  })

  it('is read in a time that grows no faster than its text', async () => {
    // Ten times what GitHub lets a text be: in quadratic time this would take minutes.
    const body = `chatroom_message/a${'-'.repeat(650_000)}a`
    const payload = { action: 'closed', issue: { number: 1, body, author_association: 'MEMBER' } }
    const { statusCode } = await ingest(apiEvent(signedByGithub(JSON.stringify(payload))))
    expect(statusCode).toBe(200)
  })

  it.each([
    ['a lone byte', [0xff]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a character that is cut off', [0xf0, 0x9f, 0x92]],
  ])('is no JSON when one of its texts is not UTF-8: %s', async (_, bytes) => {
    const [before, after] = ['{"type":"done","messageId":"42","actor":"', '"}']
    const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
    const { statusCode } = await ingest(apiEvent(signed(hostile(1), body)))
    expect(statusCode).toBe(400)
  })

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="utf-8"',
    'application/json ; charset=utf-8',
    'Application/JSON',
    'application/cloudevents+json',
  ])('is JSON when its content type is %s', async (type) => {
    const request = signed(hostile(1), goodEvent(hostile(1), ''), {
      url: '/webhooks/generic/42',
      headers: { 'content-type': type },
    })
    expect((await ingest(apiEvent(request))).statusCode).not.toBe(415)
  })

  it.each([
    ['an actor', { sender: { login: 'x'.repeat(257) } }],
    ['a text', { action: 'edited', text: 'x'.repeat(64 * 1024 + 1) }],
    ['a time', { updated_at: '0000-01-01T00:00:00+23:59' }],
  ])(
    'of another kind than generic is reported without an update when it carries %s beyond the bounds',
    async (_, given) => {
      const { sender = { login: 'anna' }, action = 'closed', text = '', updated_at } = given as Record<string, unknown>
      const issue = { number: 1, body: text, labels: [{ name: 'chatroom-message:42' }], updated_at }
      const repository = { full_name: 'club/site' }
      const request = signedByGithub(JSON.stringify({ action, issue, sender, repository }))
      const meanings = ['completed', 'reaction', 'text']
      const reception = await receive(request, { name: 'github', kind: 'github', meanings }, context())
      expect(reception).toMatchObject({ events: [{ object: 'club/site#1' }], updates: [], objectUpdates: [] })
    },
  )
})
