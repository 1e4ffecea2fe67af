import { describe, expect, it } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { type Reception, receive, type SourceSettings } from '../../functions/receive/receive.ts'
import type { WebhookRequest } from '../../functions/sources/source.ts'
import { type EventType, eventTypes } from '../../functions/state/changes.ts'
import { apiEvent } from '../support/api-event.ts'
import { stoppedClock } from '../support/clock.ts'
import { at, context, noon, secret } from '../support/factories.ts'
import { type Example, firstProof, type Kind, type Proof, party } from './contract-case.ts'
import { kinds } from './contract-cases.ts'

const other = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const nothing = { events: [], updates: [], objectUpdates: [], links: [] }
const decade = 10 * 365 * 86_400
const everything = ['completed', 'reaction', 'text', 'attachment']

/** What an event of each type asks for; links ask for no change. */
const changes: Record<EventType, object | undefined> = {
  'task.done': { kind: 'completed', value: true },
  'task.reopened': { kind: 'completed', value: false },
  'reaction.added': { kind: 'reaction', emoji: '👍', present: true },
  'reaction.removed': { kind: 'reaction', emoji: '👍', present: false },
  'text.edited': { kind: 'text', text: expect.any(String) },
  'attachment.added': { kind: 'attachment', attachment: { filename: expect.any(String) }, present: true },
  'attachment.removed': { kind: 'attachment', attachment: { filename: expect.any(String) }, present: false },
  'link.added': undefined,
  'link.removed': undefined,
}

/** Why something asks for nothing, wherever the answer says so. */
function reasonsIn({ response }: Reception): string[] {
  const { ignored = [], text, errors = [] } = JSON.parse(response.body ?? '{}')
  const said = [...ignored, ...errors].map(({ reason, message }) => reason ?? message)
  return text === undefined ? said : [...said, text]
}

function withoutAnswer({ response: _, ...asked }: Reception) {
  return asked
}

function flipped(bytes: Uint8Array, index: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[index] = (changed[index] ?? 0) ^ 1
  return changed
}

/** Sends webhooks of a kind to a source of it. */
function sender(name: string, kind: Kind) {
  const proof = firstProof(kind)
  const request = async (example: Example, { as = undefined as unknown, url = `/webhooks/${name}` } = {}) => {
    const { headers, ...signed } = await proof.request(as ?? example.payload, { key: secret, url })
    return { ...signed, headers: { ...headers, ...example.headers } }
  }
  const source = (given: Record<string, unknown> = {}): SourceSettings => ({
    ...kind.options,
    ...given,
    name,
    kind: name,
  })
  const send = async (example: Example, given: Parameters<typeof request>[1] & { options?: object } = {}) =>
    receive(await request(example, given), source({ ...example.options, ...given.options }), context())
  return { request, source, send }
}

describe.each(Object.entries(kinds))('a webhook of kind %s', (name, kind) => {
  const { accepted, refused, says, changes: defaults } = kind
  const { request, source, send } = sender(name, kind)
  const said = Object.entries(says).flatMap(([type, each]) =>
    each === 'never' ? [] : [[type as EventType, each] as const],
  )
  const [, first] = said[0] ?? [undefined, kind.ignored]
  const saysAnything = said.length > 0
  const url = `/webhooks/${name}/42`

  describe.each(Object.entries(kind.proofs))('that is proven by %s', (_, by) => {
    const settings = source()
    const webhook = (sending: Partial<Parameters<Proof['request']>[1]> = {}) =>
      by.request(first.payload, { key: secret, url: `/webhooks/${name}`, ...sending })
    const statusOf = async (sent: WebhookRequest, given = {}) =>
      (await receive(sent, settings, context(given))).response.status

    it('is taken for what it says', async () => {
      const { response, events } = await receive(await webhook({ url }), settings, context())
      expect([response.status, events.length]).toEqual([accepted, saysAnything ? 1 : 0])
    })

    it('is taken with either of two secrets', async () => {
      expect(await statusOf(await webhook({ url }), { secrets: [other, secret] })).toBe(accepted)
      expect(await statusOf(await webhook({ url }), { secrets: [secret, other] })).toBe(accepted)
    })

    it.each([
      ['another secret', secret, [other]],
      ['no secret', secret, []],
      ['an empty secret', secret, ['']],
      ['an empty key', '', ['', other]],
    ])('is refused with %s', async (__, key, secrets) => {
      const { response, ...asked } = await receive(await webhook({ key }), settings, context({ secrets }))
      expect([response.status, asked]).toEqual([refused, nothing])
    })

    it('is refused without what proves it', async () => {
      if (by.covers.body === 'only itself') {
        expect(await statusOf(await by.request(party, { key: secret, url }))).toBe(refused)
        return
      }
      const { headers, ...sent } = await webhook()
      const bare = { 'content-type': 'application/json', ...(headers['host'] && { host: headers['host'] }) }
      expect(await statusOf({ ...sent, headers: bare })).toBe(refused)
    })

    const isTaken = async (seconds: number) =>
      (await statusOf(await webhook(), { now: new Date(noon + seconds * 1000) })) !== refused
    if (by.holds) {
      const { before, after } = by.holds
      it(`has expired after more than ${after} seconds`, async () => {
        expect([await isTaken(after), await isTaken(after + 1)]).toEqual([true, false])
      })
      it(before === undefined ? 'may be of the future' : `is of no more than ${before} seconds ahead`, async () => {
        expect([await isTaken(-(before ?? 0)), await isTaken(-(before ?? decade) - 1)]).toEqual([
          true,
          before === undefined,
        ])
      })
    } else {
      it('signs no time, so it never expires', async () => {
        expect([await isTaken(-decade), await isTaken(decade)]).toEqual([true, true])
      })
    }

    it(`is ${by.covers.body === true ? 'refused' : 'taken, as this proves no more,'} with a byte changed, wherever it stands`, async () => {
      const sent = await webhook()
      const step = Math.max(1, Math.floor(sent.body.length / 40))
      const outcomes = new Set<boolean>()
      for (let index = 0; index < sent.body.length; index += step) {
        const isRefused = (await statusOf({ ...sent, body: flipped(sent.body, index) })) === refused
        if (by.covers.body === 'only itself') outcomes.add(isRefused)
        else expect(isRefused).toBe(by.covers.body)
      }
      if (by.covers.body === 'only itself') expect(outcomes).toEqual(new Set([true, false]))
    })

    it(`is ${by.covers.body === true ? 'refused' : 'taken, as this proves no more,'} when somebody wrote its JSON anew`, async () => {
      const sent = await webhook({ url })
      const body = Buffer.from(JSON.stringify(first.payload, null, 1))
      expect(await statusOf({ ...sent, body })).toBe(by.covers.body === true ? refused : accepted)
    })

    it('is refused with any header changed that proves it', async () => {
      const sent = await webhook()
      const taken: string[] = []
      for (const [header, value] of Object.entries(sent.headers)) {
        const changed = `${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`
        if ((await statusOf({ ...sent, headers: { ...sent.headers, [header]: changed } })) !== refused)
          taken.push(header)
      }
      expect(taken.sort()).toEqual(['content-type', ...by.uncovered].sort())
    })

    it(`is ${by.covers.url ? 'refused' : 'taken, as this proves no more,'} at another URL`, async () => {
      expect((await statusOf({ ...(await webhook()), url })) === refused).toBe(by.covers.url)
    })

    it('says the same when it is sent again', async () => {
      const sent = await webhook()
      const [one, again] = [await receive(sent, settings, context()), await receive(sent, settings, context())]
      expect(withoutAnswer(again)).toEqual(withoutAnswer(one))
    })
  })

  it.each(said)('says %s', async (type, { onlyReported, ...example }) => {
    const change = changes[type]
    const sent = await send(example, { url })
    expect(sent.events.map((event) => event.type)).toEqual([type])
    if (change === undefined) {
      expect(sent.links).toMatchObject([
        { messageId: expect.stringMatching(/^4[23]$/), present: type === 'link.added' },
      ])
      expect([sent.updates, sent.objectUpdates]).toEqual([[], []])
      return
    }
    expect(sent.events).toMatchObject([{ change }])
    const mayChange = (meanings: string[]) =>
      !onlyReported && meanings.includes((change as { kind: string }).kind) ? [{ messageId: '42', change }] : []
    expect(sent.updates).toMatchObject(mayChange(defaults))
    expect(sent.objectUpdates).toEqual([])
    expect(sent.response.status).toBe(sent.updates.length + sent.links.length > 0 ? accepted : 200)
    for (const meanings of [everything, []]) {
      const { events, updates, objectUpdates } = await send(example, { url, options: { meanings } })
      expect(events).toEqual(sent.events)
      expect(updates).toMatchObject(mayChange(meanings))
      expect([updates.length, objectUpdates]).toEqual([mayChange(meanings).length, []])
    }
  })

  it('that asks for nothing is answered 200, with the reason', async () => {
    const sent = await send(kind.ignored)
    expect([sent.response.status, sent.updates, sent.objectUpdates, sent.links]).toEqual([200, [], [], []])
    expect(reasonsIn(sent)[0]).toMatch(/\w+ \w+/)
  })

  it.each(kind.unknown)('of an unknown form is answered $status, with the reason', async ({ status, ...example }) => {
    const sent = await send(example)
    expect([sent.response.status, withoutAnswer(sent)]).toEqual([status, nothing])
    expect(reasonsIn(sent)[0]).toMatch(/\w+ \w+/)
  })

  const { handshake } = kind
  it('asks for no other method than POST, but for a handshake', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      const { response } = await receive({ ...(await request(first)), method }, source(), context())
      const isHandshake = method === handshake?.request.method
      expect(response).toMatchObject(isHandshake ? handshake.response : { status: 405, headers: { allow: 'POST' } })
    }
  })

  if (handshake) {
    it('has a handshake, which asks for nothing', async () => {
      const sent = await receive(handshake.request, source(), context())
      expect(sent).toMatchObject({ response: handshake.response, ...nothing })
    })
  }

  const texts = ['Größe: äöüß, l’été', '修理屋根，谢谢', 'Fertig 👍🏽 🏳️‍🌈']
  const { tells } = kind
  it.each(tells ? texts : [])('is verified and read when it says “%s”', async (text) => {
    const { event, ...example } = (tells as NonNullable<typeof tells>)(text)
    expect((await send(example, { url })).events).toMatchObject([event])
    // The same text may come as escapes.
    const escaped = JSON.stringify(example.payload).replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    expect((await send(example, { url, as: Buffer.from(escaped) })).events).toMatchObject([event])
  })

  const payload = { ...first.payload, padding: 'ü'.repeat(100 * 1024) }
  it.each([
    [
      'on lines that end with CRLF',
      Buffer.from(`${JSON.stringify(first.payload, null, '\t').replaceAll('\n', '\r\n')}\r\n`),
    ],
    ['among white space', Buffer.from(` \n${JSON.stringify(first.payload, null, 8)}\r\t\n\n`)],
    ['in 200 KB', Buffer.from(JSON.stringify(payload))],
  ])('is the same %s, and as base64 from API Gateway', async (_, as) => {
    const compact = await send(first, { url })
    const sent = await request(first, { url, as })
    expect(as.equals(sent.body)).toBe(true)
    const received = await receive(sent, source(), context())
    expect(received.response.status).toBe(accepted)
    const anyId = (events: object[]) => events.map((event) => ({ ...event, eventId: expect.any(String) }))
    expect(received.events).toEqual(anyId(compact.events))
    const { answer, queued } = await ingested(sent, source())
    const { status, headers, body } = received.response
    expect([answer, queued]).toEqual([{ statusCode: status, headers, body }, saysAnything ? 1 : 0])
  })

  const { happened } = kind
  if (happened === 'untimed') {
    it('says no time', async () =>
      expect((await send(first)).events.map((event) => event.occurredAt ?? '')).toEqual(saysAnything ? [''] : []))
  } else {
    it('of the year 12026 is reported and changes nothing', async () => {
      const known = await send(happened(noon - 60_000))
      expect(known.events).toMatchObject([{ occurredAt: at(-60) }])
      expect(known.updates.length + known.objectUpdates.length).toBeGreaterThan(0)
      const moment = Date.UTC(12026, 10, 22)
      const { response, events, ...asked } = await send(happened(moment))
      expect(asked).toEqual({ updates: [], objectUpdates: [], links: [] })
      expect(events).toMatchObject(kind.isStrict ? [] : [{ occurredAt: new Date(moment).toISOString() }])
      expect(response.status).toBe(kind.isStrict ? 422 : 200)
      expect(response.body).toContain('occurredAt')
    })
  }
})

it('every type of event is said by some kind of source', () => {
  const said = eventTypes.filter((type) => Object.values(kinds).some(({ says }) => says[type] !== 'never'))
  expect(said).toEqual(eventTypes)
})

/** What the ingest handler makes of a request whose body API Gateway passes as base64. */
async function ingested(request: WebhookRequest, source: SourceSettings) {
  const sent: string[] = []
  const ingest = createIngest({
    sources: new Map([[source.name, source]]),
    secrets: { of: async () => [secret] },
    queue: { send: async (body: string) => void sent.push(body) },
    clock: stoppedClock().now,
    log: () => {},
  })
  const event = apiEvent(request)
  expect(event.isBase64Encoded).toBe(true)
  return { answer: await ingest(event), queued: sent.length }
}
