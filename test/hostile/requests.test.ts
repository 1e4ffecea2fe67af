import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { decode } from '../../functions/state/queue-message.ts'
import { apiEvent } from '../support/api-event.ts'
import { stoppedClock } from '../support/clock.ts'
import { secret, webhook } from '../support/factories.ts'
import { noJsonFromGithub, nothingForUs } from './github.ts'
import { strangersHandshakes } from './handshakes.ts'
import { noEvent, noJson, oddEvents } from './payloads.ts'
import { ofProviders } from './providers.ts'
import { hostile } from './random.ts'
import { wrongRoutes } from './routes.ts'
import type { Kind } from './sender.ts'
import { unproven } from './signatures.ts'
import { noJsonFromSlack, nothingForChat } from './slack.ts'
import { sources } from './sources.ts'

const kinds = Object.entries({
  ...wrongRoutes,
  ...unproven,
  ...strangersHandshakes,
  ...noJson,
  ...noEvent,
  ...oddEvents,
  ...nothingForUs,
  ...noJsonFromGithub,
  ...nothingForChat,
  ...noJsonFromSlack,
  ...ofProviders,
}).map(([name, kind], index) => ({ name, kind, seed: index * 1_000_000, count: kind.count ?? 1_050 }))

const total = 100_000
const mixed = total - kinds.reduce((sum, { count }) => sum + count, 0)

/** The answer to what is taken and asks for nothing. */
const acceptsNothing = /^\{"accepted":\[\],/
const otherSecret = 'an-older-secret-that-still-counts'
const told = [secret, secret.slice('whsec_'.length), otherSecret]

/** The ingest handler with a queue and a log that only keep what they got since the last request. */
function bridge() {
  const seen: { sent: string[]; logged: string[] } = { sent: [], logged: [] }
  const ingest = createIngest({
    sources,
    secrets: {
      of: async (source) =>
        source.endsWith('-secret') ? (source === 'empty-secret' ? [''] : []) : [otherSecret, secret],
    },
    queue: {
      async send(body) {
        seen.sent.push(body)
      },
    },
    clock: stoppedClock().now,
    log: (event, { source: _, ...fields }) => seen.logged.push(`${event} ${JSON.stringify(fields)}`),
  })
  return {
    /** Sends the request that the kind makes of the seed. @returns what is wrong with what became of it, if anything is */
    async complaint(kind: Kind, seed: number): Promise<string | undefined> {
      seen.sent.length = 0
      seen.logged.length = 0
      const marker = `marker${seed.toString(36)}z`
      const event = kind.make(hostile(seed), marker)
      try {
        return complaintAbout(await ingest(event), kind, marker) ?? complaintAboutTraces(seen, kind, marker)
      } catch (error) {
        return `throws ${error}`
      }
    },
    async accepts(request = webhook({ type: 'done', messageId: '42' })): Promise<boolean> {
      seen.sent.length = 0
      return (await ingest(apiEvent(request))).statusCode === 202 && seen.sent.length === 1
    },
  }
}

function complaintAbout(
  { statusCode = 0, headers, body = '' }: APIGatewayProxyStructuredResultV2,
  kind: Kind,
  marker: string,
) {
  if (!kind.statuses.includes(statusCode)) return `answered ${statusCode} ${body.slice(0, 300)}`
  const whole = `${JSON.stringify(headers)}${body}`
  if (told.some((secretText) => whole.includes(secretText))) return `tells a secret: ${whole.slice(0, 300)}`
  const answer: unknown = JSON.parse(body)
  if (statusCode < 400) {
    if (headers?.['content-type'] !== 'application/json') return `has content-type ${headers?.['content-type']}`
    if (!kind.mayQueue && !kind.asksOnly && !(kind.answer ?? acceptsNothing).test(body))
      return `accepts ${body.slice(0, 300)}`
    return undefined
  }
  if (headers?.['content-type'] !== 'application/problem+json') return `has content-type ${headers?.['content-type']}`
  if (whole.includes(marker)) return `repeats the request: ${whole.slice(0, 300)}`
  if (statusCode === 405 && headers['allow'] !== 'POST') return `has allow ${headers['allow']}`
  if (statusCode === 422 && !/"errors":\[\{"path":"[^"]*","message":"[^"]+/.test(body))
    return `names no field: ${body.slice(0, 300)}`
  return isProblem(answer, statusCode) ? undefined : `is no problem: ${body.slice(0, 300)}`
}

function isProblem(answer: unknown, statusCode: number): boolean {
  const texts = ['type', 'title', 'detail'].map((name) => (answer as Record<string, unknown>)[name])
  return (
    texts.every((text) => typeof text === 'string' && text.length > 0) &&
    (answer as { status: unknown }).status === statusCode
  )
}

function complaintAboutTraces({ sent, logged }: { sent: string[]; logged: string[] }, kind: Kind, marker: string) {
  const read = sent.map(decode)
  const isFit =
    kind.mayQueue || (kind.asksOnly ? read.every((each) => asksOnly(each, kind.asksOnly)) : sent.length === 0)
  if (!isFit) return `is on the queue: ${sent[0]?.slice(0, 300)}`
  const unreadable = read.find((each) => 'unreadable' in each)
  if (unreadable) return `is unreadable on the queue: ${JSON.stringify(unreadable)}`
  const line = logged.find((text) => told.some((secretText) => text.includes(secretText)) || text.includes(marker))
  return line === undefined || kind.mayQueue ? undefined : `is logged: ${line.slice(0, 300)}`
}

function asksOnly(read: ReturnType<typeof decode>, what: Kind['asksOnly']): boolean {
  if ('unreadable' in read || read.message.kind !== 'updates') return false
  const { updates, objectUpdates, links } = read.message
  return updates.length + (what === 'links' ? objectUpdates : links).length === 0
}

describe('ingest answers as agreed, tells nothing and queues nothing that it should not for', () => {
  it.each(kinds)('$name', async ({ kind, seed, count }) => {
    const { complaint, accepts } = bridge()
    const complaints: string[] = []
    for (let index = 0; index < count && complaints.length < 3; index += 1) {
      const about = await complaint(kind, seed + index)
      if (about !== undefined) complaints.push(`seed ${seed + index} ${about}`)
    }
    expect(complaints).toEqual([])
    expect(await accepts()).toBe(true)
  })
})

describe('ingest', () => {
  it('leaves Object.prototype as it was', () => {
    expect(Object.keys(Object.prototype)).toEqual([])
    expect('polluted' in {}).toBe(false)
  })

  it(`uses no more memory in the last quarter than in the first, with all kinds mixed, up to ${total} requests in all`, async () => {
    expect(mixed).toBeGreaterThan(10_000)
    const { complaint } = bridge()
    const many = kinds.filter(({ kind }) => kind.count === undefined)
    const heap: number[] = []
    const complaints: string[] = []
    for (let index = 0; index < mixed; index += 1) {
      const random = hostile(index)
      const about = await complaint(random.pick(many).kind, 900_000_000 + index)
      if (about !== undefined) complaints.push(`seed ${900_000_000 + index} ${about}`)
      if ((index + 1) % Math.floor(mixed / 4) === 0) heap.push(heapUsed())
    }
    expect(complaints).toEqual([])
    const growth = (heap.at(-1) ?? Number.NaN) - (heap[0] ?? Number.NaN)
    expect(growth).toBeLessThan(20 * 1024 * 1024)
  })
})

/** Bytes in use once the garbage is gone. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return process.memoryUsage().heapUsed
}
