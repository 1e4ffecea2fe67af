import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createErp } from '../../functions/erp/client.ts'
import { fixedSession } from '../../functions/erp/fixed-session.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { chatMessage } from '../support/delivery.ts'
import { noon } from '../support/factories.ts'

const clock = () => noon

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function simulated() {
  const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
  onTestFinished(() => erp.stop())
  return erp
}

describe('a call', () => {
  it('carries the session token, and the build and package id where there are some', async () => {
    const erp = await simulated()
    const client = createErp({
      baseUrl: `${erp.url}/`,
      buildId: '7',
      packageId: 'p/1',
      session: fixedSession('token'),
      clock,
    })
    expect(await client.put('42', { completed: true })).toMatchObject({
      kind: 'answered',
      message: { completed: true },
    })
    const [request] = erp.requests
    expect(request?.url).toBe('/api/cp/chat/chatroom_message/42?iw-build-id=7&iw-package-id=p%2F1')
    expect(request?.headers).toMatchObject({ 'x-session-token': 'token', 'content-type': 'application/json' })
    expect(request?.body).toBe('{"data":{"completed":true}}')
  })

  it('can not be led to another path by an identifier', async () => {
    const erp = await simulated()
    await createErp({ baseUrl: erp.url, session: fixedSession('token'), clock }).get('../../logins?x=1#')
    expect(erp.requests[0]?.url).toBe('/api/cp/chat/chatroom_message/..%2F..%2Flogins%3Fx%3D1%23')
  })

  it('asks for the token once more, past what is remembered, when the ERP refuses it', async () => {
    const erp = await simulated()
    const session = { token: async ({ fresh = false } = {}) => (fresh ? 'token' : 'expired') }
    expect(await createErp({ baseUrl: erp.url, session, clock }).get('42')).toMatchObject({ kind: 'answered' })
    expect(erp.requests).toHaveLength(2)
  })

  it('is not made without a token, and says so without telling why in detail', async () => {
    const erp = await simulated()
    const session = { token: () => Promise.reject(new Error('secret tiptop not found')) }
    expect(await createErp({ baseUrl: erp.url, session, clock }).put('42', {})).toEqual({
      kind: 'unreachable',
      reason: 'no session token: Error',
    })
    expect(erp.requests).toEqual([])
  })

  it('keeps its connection, and replaces one that the server has closed in the meantime', async () => {
    const sockets = new Set<Socket>()
    const url = await serve((request, response) => {
      sockets.add(request.socket)
      response.end(JSON.stringify(chatMessage()))
    })
    const client = createErp({ baseUrl: url, session: fixedSession('token'), clock })
    await client.get('42')
    await client.get('42')
    expect(sockets.size).toBe(1)
    for (const socket of sockets) socket.resetAndDestroy()
    expect(await client.get('42')).toMatchObject({ kind: 'answered' })
    expect(sockets.size).toBe(2)
  })

  it('never repeats a PUT that has left whole', async () => {
    let puts = 0
    const url = await serve((request, response) => {
      if (request.method === 'GET') return void response.end(JSON.stringify(chatMessage()))
      puts += 1
      request.on('end', () => request.socket.destroy()).resume()
    })
    const client = createErp({ baseUrl: url, session: fixedSession('token'), clock })
    await client.get('42')
    expect(await client.put('42', { completed: true })).toMatchObject({ kind: 'lost' })
    expect(puts).toBe(1)
  })

  it('follows no redirect', async () => {
    const elsewhere: string[] = []
    const other = await serve((request, response) => {
      elsewhere.push(request.headers['x-session-token'] as string)
      response.end(JSON.stringify(chatMessage()))
    })
    const url = await serve((_, response) => void response.writeHead(307, { location: other }).end())
    const client = createErp({ baseUrl: url, session: fixedSession('token'), clock })
    expect(await client.get('42')).toMatchObject({ kind: 'unreachable', reason: 'status 307' })
    expect(await client.put('42', {})).toMatchObject({ kind: 'unreachable' })
    expect(elsewhere).toEqual([])
  })

  it('is given up when the answer drips in for ever', async () => {
    const url = await serve((_, response) => {
      response.write('{')
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    })
    const client = createErp({ baseUrl: url, session: fixedSession('token'), timeout: 200, clock })
    expect(await client.get('42')).toEqual({ kind: 'unreachable', reason: 'no answer within 200 ms' })
  })

  it('is given up when the answer has no end', async () => {
    const url = await serve((_, response) => {
      const flood = () => {
        while (response.write('x'.repeat(65536)));
      }
      response.on('drain', flood)
      flood()
    })
    const client = createErp({ baseUrl: url, session: fixedSession('token'), clock })
    expect(await client.get('42')).toEqual({ kind: 'unreachable', reason: 'the answer is too long' })
  })
})

describe('a PUT', () => {
  const putTo = async (answer: (response: ServerResponse) => void) =>
    createErp({
      baseUrl: await serve((_, response) => answer(response)),
      session: fixedSession('token'),
      timeout: 500,
      clock,
    }).put('42', { completed: true })
  const status =
    (code: number, body = '{}', headers = {}) =>
    (response: ServerResponse) =>
      void response.writeHead(code, headers).end(body)

  it.each([
    [400, 'refused'],
    [401, 'unreachable'],
    [403, 'unreachable'],
    [404, 'refused'],
    [405, 'refused'],
    [408, 'unreachable'],
    [409, 'refused'],
    [410, 'refused'],
    [413, 'refused'],
    [415, 'refused'],
    [418, 'refused'],
    [422, 'refused'],
    [425, 'unreachable'],
    [429, 'unreachable'],
    [500, 'lost'],
    [502, 'lost'],
    [503, 'unreachable'],
    [504, 'lost'],
  ])('that is answered %i with JSON is %s', async (code, kind) => {
    expect(await putTo(status(code))).toMatchObject({ kind })
  })

  it('that is refused in HTML may pass later', async () => {
    expect(await putTo(status(404, '<html>'))).toMatchObject({ kind: 'unreachable' })
  })

  it('is told how long to wait', async () => {
    expect(await putTo(status(429, '{}', { 'retry-after': '7' }))).toMatchObject({ retryAfter: 7_000 })
    const date = new Date(noon + 30_000).toUTCString()
    expect(await putTo(status(503, '{}', { 'retry-after': date }))).toMatchObject({ retryAfter: 30_000 })
    expect(await putTo(status(503, '{}', { 'retry-after': '86400' }))).toMatchObject({ retryAfter: 15 * 60_000 })
    expect(await putTo(status(503, '{}', { 'retry-after': 'soon' }))).not.toHaveProperty('retryAfter')
  })

  it('that was answered 200 with HTML is nobody knows what', async () => {
    expect(await putTo(status(200, '<html>Login</html>'))).toMatchObject({ kind: 'lost' })
  })

  it('that was answered 200 with JSON that tells no chat message succeeded', async () => {
    expect(await putTo(status(200, '{"ok":true}'))).toEqual({ kind: 'answered' })
  })

  it('that is never answered is lost', async () => {
    expect(await putTo(() => {})).toEqual({ kind: 'lost', reason: 'no answer within 500 ms' })
  })

  it('whose answer breaks off is lost', async () => {
    const broken = (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"id":42')
      setImmediate(() => response.socket?.destroy())
    }
    expect(await putTo(broken)).toMatchObject({ kind: 'lost' })
  })

  it('that could not connect was not sent', async () => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const client = createErp({ baseUrl: `http://127.0.0.1:${port}`, session: fixedSession('token'), clock })
    expect(await client.put('42', {})).toEqual({ kind: 'unreachable', reason: 'ECONNREFUSED' })
  })
})
