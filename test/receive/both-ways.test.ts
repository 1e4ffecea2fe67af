import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { type Reception, receive, type SourceSettings } from '../../functions/receive/receive.ts'
import type { WebhookRequest } from '../../functions/sources/source.ts'
import { eventTypes } from '../../functions/state/changes.ts'
import { decode, type QueuedItems } from '../../functions/state/queue-message.ts'
import { credentials, type Scheme, schemes, signedByGithub, unsigned } from '../hostile/sender.ts'
import { apiEvent } from '../support/api-event.ts'
import { stoppedClock } from '../support/clock.ts'
import { context, noon, secret } from '../support/factories.ts'
import { corpus, githubExamples, sources } from './both-ways-corpus.ts'

const secrets = (source: string) => (source.startsWith('no-secret') ? [] : ['an-older-secret', secret])

/** What a request becomes: the answer, and what is on its way. */
type Outcome = { answer: unknown; asked: QueuedItems; messages: number }

async function received(request: WebhookRequest, source: SourceSettings): Promise<Outcome & { reception: Reception }> {
  const reception = await receive(request, source, context({ secrets: secrets(source.name) }))
  const { status, headers, body } = reception.response
  const receivedAt = new Date(noon).toISOString()
  const asked = {
    updates: reception.updates.map((update, position) => ({ ...update, position })),
    objectUpdates: reception.objectUpdates.map((update, position) => ({ ...update, position, hold: 7 * 86_400_000 })),
    links: reception.links.map((link, position) => ({ source: source.name, receivedAt, ...link, position })),
    lookUps: reception.lookUps?.map((lookUp) => ({ ...lookUp, hold: 7 * 86_400_000 })) ?? [],
  }
  const messages = Object.values(asked).some(({ length }) => length > 0) ? 1 : 0
  return { answer: { statusCode: status, headers, body }, asked, messages, reception }
}

async function ingested(request: WebhookRequest, source: SourceSettings, asText: boolean): Promise<Outcome> {
  const sent: string[] = []
  const ingest = createIngest({
    // A copy, so that neither way can know the source by the other.
    sources: new Map([[source.name, { ...source }]]),
    // As within a window: elsewhere the handler answers 401, where receive can only propose.
    secrets: { of: async (name) => secrets(name), learn: async () => true },
    queue: {
      async send(body) {
        sent.push(body)
      },
    },
    clock: stoppedClock().now,
    log: () => {},
  })
  const { statusCode, headers, body } = await ingest(apiEvent(request, { asText }))
  const messages = sent.map((text) => {
    const read = decode(text)
    if ('unreadable' in read || read.message.kind !== 'updates') throw new Error(`unexpected: ${text}`)
    return read.message
  })
  const asked = {
    updates: messages.flatMap(({ updates }) => updates),
    objectUpdates: messages.flatMap(({ objectUpdates }) => objectUpdates),
    links: messages.flatMap(({ links }) => links),
    lookUps: messages.flatMap(({ lookUps = [] }) => lookUps),
  }
  return { answer: { statusCode, headers, body }, asked, messages: sent.length }
}

/** Bytes that are no text never come as text. */
function forms(body: Uint8Array): boolean[] {
  return Buffer.from(Buffer.from(body).toString()).equals(body) ? [false, true] : [false]
}

async function expectAlike(request: WebhookRequest, source: SourceSettings): Promise<void> {
  const { reception: _, ...expected } = await received(request, source)
  for (const asText of forms(request.body)) expect(await ingested(request, source, asText)).toEqual(expected)
}

describe('receive and the ingest handler answer alike and ask for the same', () => {
  it.each(corpus)('$name', ({ request, source }) => expectAlike(request, source))

  it('every example of a webhook that GitHub publishes', async () => {
    expect(githubExamples.length).toBeGreaterThan(150)
    for (const { request, source } of githubExamples) await expectAlike(request, source)
  })

  it('any event that is written in any way', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, anyScheme, anyUrl, (json, scheme, url) => {
        const body = Buffer.from(JSON.stringify(json))
        return expectAlike(unsigned(body, { url, headers: credentials(scheme, body) }), generic)
      }),
      { numRuns: 1500, seed: 20261122 },
    )
  })

  it('any issue that GitHub signs', async () => {
    await fc.assert(
      fc.asyncProperty(githubPayload, githubEvent, anyUrl, (payload, name, url) =>
        expectAlike(
          signedByGithub(JSON.stringify(payload), {
            url: url.replace('generic', 'github-open'),
            headers: { 'x-github-event': name },
          }),
          sources['github-open'],
        ),
      ),
      { numRuns: 1500, seed: 20261124 },
    )
  })

  it('any bytes that are signed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 80 }), brokenJson), anyScheme, (bytes, scheme) =>
        expectAlike(unsigned(bytes, { headers: credentials(scheme, bytes) }), generic),
      ),
      { numRuns: 1500, seed: 20261123 },
    )
  })
})

describe('the corpus', () => {
  it('has at least 150 requests, each named once', () => {
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
    expect(corpus.length).toBeGreaterThanOrEqual(150)
  })

  it('gets each status as agreed, and covers all that both ways know', async () => {
    const statuses = new Set<number>()
    for (const { name, request, source, status } of corpus) {
      const { response } = (await received(request, source)).reception
      expect({ name, status: response.status }).toEqual({ name, status: status ?? response.status })
      statuses.add(response.status)
    }
    expect([...statuses].sort()).toEqual([200, 202, 400, 401, 403, 404, 405, 413, 415, 422])
  })

  it('says every type of event, and asks for every kind of change', async () => {
    const receptions = await Promise.all(corpus.map(({ request, source }) => received(request, source)))
    const events = receptions.flatMap(({ reception }) => reception.events)
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual([...eventTypes].sort())
    const changes = receptions.flatMap(({ reception }) => reception.updates.map(({ change }) => change.kind))
    expect([...new Set(changes)].sort()).toEqual(['attachment', 'completed', 'reaction', 'text'])
    const links = receptions.flatMap(({ reception }) => reception.links)
    expect(new Set(links.map(({ present, source }) => `${present} ${source}`))).toEqual(
      new Set(['true undefined', 'false undefined', 'true github']),
    )
    expect(receptions.some(({ reception }) => reception.objectUpdates.length > 0)).toBe(true)
    expect(receptions.some(({ reception }) => reception.lookUps)).toBe(true)
  })
})

describe('only the ingest handler', () => {
  const request = unsigned('{"type":"done","messageId":"42"}', { headers: { authorization: `Bearer ${secret}` } })
  const dependencies = {
    sources: new Map([['generic', { name: 'generic', kind: 'generic' }]]),
    secrets: { of: async () => [secret] },
    queue: { send: async () => {} },
    clock: stoppedClock().now,
    log: () => {},
  }

  it('answers 404 where no source is', async () => {
    for (const url of ['/webhooks/nobody', '/webhooks/constructor', '/', '/webhooks/generic/42/43']) {
      const { statusCode, headers } = await createIngest(dependencies)(apiEvent({ ...request, url }))
      expect({ url, statusCode, type: headers?.['content-type'] }).toEqual({
        url,
        statusCode: 404,
        type: 'application/problem+json',
      })
    }
  })

  it.each([
    ['the queue refuses', { queue: { send: () => Promise.reject(new Error(`full of ${secret}`)) } }],
    ['the secrets cannot be read', { secrets: { of: () => Promise.reject(new Error(`locked: ${secret}`)) } }],
  ])('answers 503 with Retry-After while %s', async (_, broken) => {
    const { statusCode, headers, body } = await createIngest({ ...dependencies, ...broken })(apiEvent(request))
    expect({ statusCode, type: headers?.['content-type'] }).toEqual({
      statusCode: 503,
      type: 'application/problem+json',
    })
    expect(Number(headers?.['retry-after'])).toBeGreaterThan(0)
    expect(body).not.toContain(secret)
  })

  it('answers 200 to a look at its health', async () => {
    const { statusCode } = await createIngest(dependencies)(apiEvent({ ...request, method: 'GET', url: '/health' }))
    expect(statusCode).toBe(200)
  })
})

const generic = sources.generic
const anyScheme: fc.Arbitrary<Scheme> = fc.constantFrom(...schemes)
const anyUrl = fc.constantFrom(
  '/webhooks/generic',
  '/webhooks/generic/',
  '/webhooks/generic/42',
  '/webhooks/generic/%34%32/?x=1',
  '/webhooks/generic/~',
)
const odd = fc.oneof(
  { weight: 4, arbitrary: fc.constant('42') },
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: 'binary' }),
)
const event = fc.record(
  {
    type: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...eventTypes, 'done', 'Task Done', 'react', 'unlink') },
      odd,
    ),
    messageId: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('42', 42, '042', null) }, odd),
    id: odd,
    object: odd,
    actor: odd,
    occurredAt: fc.oneof(fc.constantFrom('2026-11-22T10:00:00Z', '2026-11-22T10:00:00.123456+02:00'), odd),
    emoji: fc.oneof(fc.constantFrom('👍', '❤️', ' 👍🏽 '), odd),
    text: fc.oneof(fc.string({ unit: 'binary' }), odd),
    attachment: fc.oneof(fc.record({ filename: odd, id: odd, filesize: odd, created: odd }), odd),
    specversion: fc.constantFrom('1.0', '0.3'),
    subject: odd,
    time: odd,
    data: odd,
  },
  { requiredKeys: ['type'] },
)
const anyJson = fc.oneof(
  { weight: 4, arbitrary: event },
  { weight: 2, arbitrary: fc.array(event, { maxLength: 4 }) },
  fc.jsonValue(),
)
const githubEvent = fc.constantFrom('issues', 'pull_request', 'issue_comment', 'pull_request_review_comment', 'push')
const thing = fc.record(
  {
    number: fc.oneof({ weight: 6, arbitrary: fc.nat() }, odd),
    title: odd,
    body: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('chatroom_message/42', 'chatroom-message:a-b_c_') }, odd),
    author_association: fc.constantFrom('OWNER', 'NONE', null),
    labels: fc.oneof({ weight: 3, arbitrary: fc.constant([{ name: 'chatroom_message/9' }]) }, odd),
    merged: fc.boolean(),
    updated_at: fc.constantFrom('2026-11-22T10:00:00Z', '0000-01-01T00:00:00+01:00', null),
  },
  { requiredKeys: ['number'] },
)
const githubPayload = fc.record(
  {
    action: fc.oneof({ weight: 6, arbitrary: fc.constantFrom('closed', 'reopened', 'edited', 'labeled') }, odd),
    issue: thing,
    pull_request: thing,
    comment: fc.record({ body: odd }),
    sender: fc.record({ login: fc.string({ maxLength: 300 }) }),
    repository: fc.record({ full_name: fc.string({ maxLength: 400 }) }),
  },
  { requiredKeys: ['action', 'issue'] },
)
const brokenJson = fc.tuple(event, fc.nat(400), fc.uint8Array({ maxLength: 2 })).map(([json, place, bytes]) => {
  const whole = Buffer.from(JSON.stringify(json))
  return Buffer.concat([whole.subarray(0, place), bytes, whole.subarray(place)])
})
