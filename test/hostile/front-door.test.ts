import { Agent, request as open } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { bodyLimit } from '../../functions/receive/receive.ts'
import { openWebhookServer, type WebhookServer } from '../../local/server/http-server.ts'
import { stoppedClock } from '../support/clock.ts'
import { secret } from '../support/factories.ts'
import { nothingForUs } from './github.ts'
import { noEvent, noJson } from './payloads.ts'
import { hostile, type Random } from './random.ts'
import { wrongRoutes } from './routes.ts'
import { unproven } from './signatures.ts'
import { nothingForChat } from './slack.ts'
import { sources } from './sources.ts'
import {
  type Answer,
  agreedProblem,
  bytesOf,
  exchange,
  firstAnswer,
  problemIn,
  send,
  statusesIn,
  writeAll,
} from './wire.ts'

const MiB = 1024 * 1024
const writtenSecret = 'ein-Paßwort-für-Händler'

const sent: string[] = []
let door: WebhookServer
let port: number

/** A front door with the real ingest behind it. */
function openDoor(queue: string[] = []): Promise<WebhookServer> {
  const ingest = createIngest({
    sources,
    secrets: { of: async (source) => (source.endsWith('-secret') ? [] : [secret, writtenSecret]) },
    queue: {
      async send(body) {
        queue.push(body)
      },
    },
    clock: stoppedClock().now,
    log: () => {},
  })
  return openWebhookServer({ ingest, host: '127.0.0.1', port: 0, limit: bodyLimit })
}

beforeAll(async () => {
  door = await openDoor(sent)
  port = portOf(door)
})
afterAll(() => door.stop())

const portOf = ({ url }: WebhookServer) => Number(new URL(url).port)
const good = {
  path: '/webhooks/generic',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
  body: '{"type":"done","messageId":"42"}',
}
const health = () => send(port, { path: '/health', method: 'GET' })

describe('a body over the limit', () => {
  it.each([
    ['with a length', { 'content-length': 8 * MiB }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('gets a 413 that a client reads which is still sending, %s', async (_, headers) => {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const request = open({ port, host: '127.0.0.1', method: 'POST', path: good.path, headers }, (response) => {
        response.setEncoding('utf8').on('data', (body: string) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers as Record<string, string>, body })
          request.destroy()
        })
      })
      request.on('error', reject)
      // Sends no more than the door must take to see that it is too much, and stays in the middle of its body.
      writeAll(
        (piece, taken) => request.write(piece, taken),
        bodyLimit + 1,
        () => {},
      )
    })
    expect(problemIn(answer)).toEqual(agreedProblem(413))
  })

  it.each([
    ['with a length', `content-length: ${8 * MiB}\r\n`, (piece: Buffer) => [piece], ''],
    [
      'in chunks',
      'transfer-encoding: chunked\r\n',
      (piece: Buffer) => [`${piece.length.toString(16)}\r\n`, piece, '\r\n'],
      '0\r\n\r\n',
    ],
  ])('gets a 413 that a client reads which sends all of it first, %s', async (_, header, frame, end) => {
    const received = await new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect({ port, host: '127.0.0.1' })
      socket.on('error', reject)
      socket.on('close', () => resolve(text))
      socket.write(`POST ${good.path} HTTP/1.1\r\nhost: bridge\r\n${header}\r\n`)
      const write = (piece: Buffer, taken: () => void) => {
        const [last = piece, ...before] = frame(piece).reverse()
        for (const part of before.reverse()) socket.write(part)
        socket.write(last, () => taken())
      }
      writeAll(write, 8 * MiB, () => {
        socket.write(end)
        socket.on('data', (chunk) => {
          text += chunk.toString()
        })
      })
    })
    expect(problemIn(firstAnswer(received))).toEqual(agreedProblem(413))
  })

  it('gets a 413 when the client waited for leave to send it', async () => {
    const head = `POST ${good.path} HTTP/1.1\r\nhost: bridge\r\nexpect: 100-continue\r\ncontent-length: ${bodyLimit + 1}\r\n\r\n`
    const received = await exchange(port, Buffer.concat([Buffer.from(head), Buffer.alloc(bodyLimit + 1)]))
    expect(statusesIn(received).at(-1)).toBe(413)
  })

  it('is one byte longer than one that is within', async () => {
    const body = good.body.padEnd(bodyLimit)
    expect((await send(port, { ...good, body })).status).toBe(202)
    expect((await send(port, { ...good, body: `${body} ` })).status).toBe(413)
  })

  it('leaves the door open for the same client', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await send(port, { ...good, agent, body: Buffer.alloc(bodyLimit + 1) })).status).toBe(413)
    expect((await send(port, { ...good, agent })).status).toBe(202)
    agent.destroy()
  })
})

describe('what is wrong first is said first', () => {
  const tooLong = Buffer.alloc(bodyLimit + 1, '{')
  const bearer = good.headers.authorization
  const wrongs = [
    [404, { path: '/webhooks/nobody/~', method: 'PUT', body: tooLong, headers: { 'content-type': 'text/plain' } }],
    [405, { path: '/webhooks/generic/~', method: 'PUT', body: tooLong, headers: { 'content-type': 'text/plain' } }],
    [413, { path: '/webhooks/generic/~', body: tooLong, headers: { 'content-type': 'text/plain' } }],
    [401, { path: '/webhooks/generic/~', body: '{', headers: { 'content-type': 'text/plain' } }],
    [415, { path: '/webhooks/generic/~', body: '{', headers: { 'content-type': 'text/plain', authorization: bearer } }],
    [400, { path: '/webhooks/generic/~', body: '{', headers: good.headers }],
    [422, { path: '/webhooks/generic/~', body: good.body, headers: good.headers }],
  ] as const

  it.each(wrongs)('%i before all that comes after it', async (status, request) => {
    expect(problemIn(await send(port, request))).toEqual(agreedProblem(status))
  })

  it('nothing, when nothing is wrong', async () => {
    expect((await send(port, { ...good, path: '/webhooks/generic/42' })).status).toBe(202)
  })
})

describe('what is no request', () => {
  const post = `POST ${good.path} HTTP/1.1\r\nhost: bridge\r\n`
  it.each([
    ['zeros', Buffer.alloc(64)],
    ['random bytes', hostile(7).bytes(300)],
    ['a TLS greeting', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a greeting of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a greeting of SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a version that does not exist', 'GET /health HTTP/9.9\r\nhost: bridge\r\n\r\n'],
    ['a method that does not exist', 'FETCH /health HTTP/1.1\r\nhost: bridge\r\n\r\n'],
    ['a path with a space', 'GET /hea lth HTTP/1.1\r\nhost: bridge\r\n\r\n'],
    ['a path with a NUL', 'GET /health\0 HTTP/1.1\r\nhost: bridge\r\n\r\n'],
    ['a header without a colon', `${post}nonsense\r\n\r\n`],
    ['a space before a colon', `${post}content-length : 2\r\n\r\n{}`],
    ['a NUL in a header', `${post}x: \0\r\n\r\n`],
    ['two lengths', `${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`],
    ['a negative length', `${post}content-length: -1\r\n\r\n`],
    ['a length that overflows', `${post}content-length: ${'9'.repeat(30)}\r\n\r\n`],
    ['a length and chunks', `${post}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks that are not last', `${post}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n`],
    ['a chunk without a size', `${post}transfer-encoding: chunked\r\n\r\nsize\r\n`],
    ['a chunk size that overflows', `${post}transfer-encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\n`],
  ])('gets a 400 problem: %s', async (_, bytes) => {
    expect(problemIn(firstAnswer(await exchange(port, bytes)))).toEqual(agreedProblem(400))
  })

  it('gets a 400 problem when it ends in the middle', async () => {
    const received = await exchange(port, `${post}content-length: 100\r\n\r\n{}`, { thenEnd: true })
    expect(problemIn(firstAnswer(received))).toEqual(agreedProblem(400))
  })

  it.each([
    ['a header', `GET /health HTTP/1.1\r\nhost: bridge\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a path', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: bridge\r\n\r\n`],
    ['many headers', `GET /health HTTP/1.1\r\nhost: bridge\r\n${'x: y\r\n'.repeat(5000)}\r\n`],
  ])('gets a 431 problem when its head is too long: %s', async (_, bytes) => {
    expect(problemIn(firstAnswer(await exchange(port, bytes)))).toEqual(agreedProblem(431))
  })

  it('gets a 400 problem when it names no host', async () => {
    const received = await exchange(port, 'GET /health HTTP/1.1\r\nconnection: close\r\n\r\n')
    expect(problemIn(firstAnswer(received))).toEqual(agreedProblem(400))
  })

  it('is answered all the same when it expects what nobody knows', async () => {
    const bytes = 'GET /health HTTP/1.1\r\nhost: bridge\r\nexpect: tea\r\nconnection: close\r\n\r\n'
    expect(firstAnswer(await exchange(port, bytes)).status).toBe(200)
  })
})

describe('the door', () => {
  it.each(['HEAD', 'GET', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE'])(
    'answers 405 to %s, and says what it allows',
    async (method) => {
      const { status, headers, body } = await send(port, { path: '/webhooks/generic/42', method })
      expect({ status, allow: headers['allow'], type: headers['content-type'] }).toEqual({
        status: 405,
        allow: 'POST',
        type: 'application/problem+json',
      })
      expect(body === '').toBe(method === 'HEAD')
    },
  )

  it('answers 200 to GET /health, whatever its query', async () => {
    expect((await health()).status).toBe(200)
    expect((await send(port, { path: '/health?deep=1', method: 'GET' })).status).toBe(200)
  })

  it('takes a bearer token for its UTF-8 bytes', async () => {
    const lines = ['content-type: application/json', `authorization: Bearer ${writtenSecret}`, 'connection: close']
    const head = `POST ${good.path} HTTP/1.1\r\nhost: bridge\r\n${lines.join('\r\n')}\r\ncontent-length: ${good.body.length}\r\n\r\n`
    expect(firstAnswer(await exchange(port, `${head}${good.body}`)).status).toBe(202)
  })

  it('keeps a connection after an error', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { headers } = good
    const requests = [
      { path: '/webhooks/nobody' },
      { method: 'DELETE' },
      { headers: {} },
      { headers: { ...headers, 'content-type': 'text/plain' } },
      { body: '{' },
      { body: '{}' },
      {},
    ]
    const answers = []
    for (const request of requests) answers.push(await send(port, { ...good, ...request, agent }))
    agent.destroy()
    expect(answers.map(({ status }) => status)).toEqual([404, 405, 401, 415, 400, 422, 202])
    expect(answers.map(({ reusedSocket }) => reusedSocket)).toEqual([false, true, true, true, true, true, true])
  })

  it('says of a request that it is accepted, whatever bytes come after it', async () => {
    const queue: string[] = []
    const own = await openDoor(queue)
    const lines = [
      'content-type: application/json',
      `authorization: Bearer ${secret}`,
      `content-length: ${good.body.length}`,
    ]
    const whole = `POST ${good.path} HTTP/1.1\r\nhost: bridge\r\n${lines.join('\r\n')}\r\n\r\n${good.body}`
    const received = await exchange(portOf(own), `${whole}\0\0\0`)
    await own.stop()
    expect({ queued: queue.length, status: statusesIn(received)[0] }).toEqual({ queued: 1, status: 202 })
  })

  it.each(['ends', 'resets'] as const)(
    'takes no harm from a client that %s its connection in the middle of a body',
    async (way) => {
      const queue: string[] = []
      const own = await openDoor(queue)
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ port: portOf(own), host: '127.0.0.1' })
        socket.on('error', reject)
        socket.on('close', () => resolve())
        // The answer to the first request says that the door has begun to read the second.
        socket.on('data', () => (way === 'ends' ? socket.destroy() : socket.resetAndDestroy()))
        const authorized = `authorization: Bearer ${secret}\r\ncontent-type: application/json`
        const half = `POST ${good.path} HTTP/1.1\r\nhost: bridge\r\n${authorized}\r\ncontent-length: 100\r\n\r\n${good.body}`
        socket.write(`GET /health HTTP/1.1\r\nhost: bridge\r\n\r\n${half}`)
      })
      expect((await send(portOf(own), { path: '/health', method: 'GET', agent: false })).status).toBe(200)
      // Ends only when every connection did.
      await own.stop()
      expect(queue).toEqual([])
    },
  )
})

describe('2,000 hostile requests over the wire', () => {
  const { 'a body over the limit, signed or not': _, ...short } = noJson
  const { 'more events than one queue message holds': __, ...brief } = noEvent
  const all = { ...wrongRoutes, ...unproven, ...short, ...brief, ...nothingForUs, ...nothingForChat }
  const kinds = Object.entries(all).filter(([, { asksOnly, mayQueue }]) => !asksOnly && !mayQueue)

  it('get no 5xx, no secret and no place on the queue, as far as they are HTTP', async () => {
    const before = sent.length
    const complaints: string[] = []
    for (let index = 0; index < 1000; index += 1) {
      const random = hostile(index)
      const [name, kind] = random.pick(kinds)
      const { bytes, isHttp } = bytesOf(kind.make(random, `marker${index}z`))
      const received = await exchange(port, bytes, { thenEnd: !isHttp })
      const [status] = statusesIn(received)
      const allowed = isHttp ? [...kind.statuses, 431] : [undefined, ...kind.statuses, 400, 431]
      if (!allowed.includes(status) || received.includes(secret)) complaints.push(`seed ${index}, ${name}: ${received}`)
    }
    expect(complaints).toEqual([])
    expect(sent).toHaveLength(before)
    expect((await health()).status).toBe(200)
  })

  it('get no 5xx when a good one was garbled on its way', async () => {
    const lines = Object.entries(good.headers).map(([name, value]) => `${name}: ${value}`)
    const head = [`POST ${good.path} HTTP/1.1`, 'host: bridge', ...lines, `content-length: ${good.body.length}`]
    const whole = Buffer.from(`${head.join('\r\n')}\r\n\r\n${good.body}`)
    const complaints: string[] = []
    for (let index = 0; index < 1000; index += 1) {
      const received = await exchange(port, garbled(hostile(index), whole), { thenEnd: true })
      if (statusesIn(received).some((status) => status >= 500)) complaints.push(`seed ${index}: ${received}`)
    }
    expect(complaints).toEqual([])
    expect((await health()).status).toBe(200)
    expect((await send(port, good)).status).toBe(202)
  })
})

/** Bytes with some of them changed, lost, doubled or put in between. */
function garbled(random: Random, whole: Buffer): Buffer {
  let bytes = whole
  for (let times = random.between(1, 4); times > 0; times -= 1) {
    const place = random.between(0, bytes.length)
    const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
    const length = random.between(1, 8)
    bytes = random.pick([
      () => Buffer.concat([before, random.bytes(length), after.subarray(length)]),
      () => Buffer.concat([before, after.subarray(length)]),
      () => Buffer.concat([before, random.bytes(length), after]),
      () => Buffer.concat([before, before.subarray(-length), after]),
      () => Buffer.concat([before, Buffer.from(random.pick(['\r\n', '\n', '\r\n\r\n', ':', '\0', ' '])), after]),
      () => before,
    ])()
  }
  return bytes
}
