import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createErp } from '../../functions/erp/client.ts'
import { createLogin } from '../../functions/erp/login.ts'
import { createVerifySession } from '../../functions/erp/verify-session.ts'
import type { ErpSession } from '../../functions/ports/ports.ts'
import { type Fault, startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { stoppedClock } from '../support/clock.ts'
import { chatMessage } from '../support/delivery.ts'
import { noon } from '../support/factories.ts'

const clock = () => noon
const anna = { username: 'anna', password: 'tiptop' }

async function simulated(ids = [42]) {
  const messages = ids.map((id) => chatMessage({ id }))
  const erp = await startSimulatedErp({ messages, token: 'key', users: { anna: 'tiptop' } })
  onTestFinished(() => erp.stop())
  return erp
}

/** An ERP that answers everything alike. */
async function answering(status: number, body: string, headers = {}): Promise<string> {
  const server = createServer((_, response) => void response.writeHead(status, headers).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a login', () => {
  it('gives a session that the ERP takes, and asks for as long a one as settings say', async () => {
    const erp = await simulated()
    const login = createLogin({ baseUrl: `${erp.url}/`, buildId: '7', validSeconds: 3_600, clock })
    const outcome = await login(anna)
    const [token = ''] = erp.sessions.tokens()
    expect(outcome).toEqual({ kind: 'session', token })
    expect(erp.requests[0]).toMatchObject({ method: 'POST', url: '/api/logins?iw-build-id=7&validSeconds=3600' })
    expect(JSON.parse(erp.requests[0]?.body ?? '')).toEqual({ login: anna })
    expect(await createVerifySession({ baseUrl: erp.url })(token)).toEqual({ kind: 'accepted' })
    erp.sessions.revokeAll()
    expect(await createVerifySession({ baseUrl: erp.url })(token)).toMatchObject({ kind: 'refused' })
  })

  it.each([
    ['a wrong password', 401, '{"error":"tiptop is wrong"}', 'the ERP refuses user and password: set the right ones'],
    ['one in HTML', 403, '<html>tiptop', 'the ERP refuses user and password: set the right ones'],
    ['another refusal', 422, '{"error":"tiptop"}', /^the ERP refuses user and password.*\(status 422\)$/],
    ['a second factor', 200, '{"sessionid":"tiptop","missing2fa":true}', /second factor.*take a user without one/],
    ['one that is demanded', 401, '{"missing2fa":true}', /second factor/],
    ['no valid session', 200, '{"sessionid":"tiptop","valid":false}', /no valid session: look in the ERP/],
  ])('that meets %s is refused, with what the operator must do', async (_, status, body, reason) => {
    const outcome = await createLogin({ baseUrl: await answering(status, body), validSeconds: 60, clock })(anna)
    expect(outcome).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) })
    expect(JSON.stringify(outcome)).not.toContain('tiptop')
  })

  it.each([
    ['HTML', 200, '<html>tiptop', 'the answer is no login (not JSON)'],
    ['no session id', 200, '{"valid":true}', 'the answer is no login (sessionid)'],
    ['one that fits no header', 200, '{"sessionid":"tip top\\n"}', 'the answer is no login (sessionid)'],
    ['no such place', 404, '{"error":"tiptop"}', 'status 404'],
    ['a failing ERP', 500, '{}', 'status 500'],
  ])('that meets %s may succeed later', async (_, status, body, reason) => {
    const login = createLogin({ baseUrl: await answering(status, body), validSeconds: 60, clock })
    expect(await login(anna)).toEqual({ kind: 'unreachable', reason })
  })

  it('is told how long to wait', async () => {
    const baseUrl = await answering(429, '', { 'retry-after': '7' })
    expect(await createLogin({ baseUrl, validSeconds: 60, clock })(anna)).toMatchObject({ retryAfter: 7_000 })
  })

  it('has a session tried with a real read: one without the right to read is refused, and a failing ERP proves nothing', async () => {
    const kindOf = async (status: number, body: string) =>
      (await createVerifySession({ baseUrl: await answering(status, body) })('token')).kind
    expect(await kindOf(403, '{}')).toBe('refused')
    expect(await kindOf(404, '{}')).toBe('accepted')
    expect(await kindOf(404, '<html>')).toBe('unreachable')
    expect(await kindOf(503, '{}')).toBe('unreachable')
  })
})

describe('a session of a host that refuses GET', () => {
  it('is not refused for that, and still where the ERP does not know it', async () => {
    const kindOf = async (status: number, body = '{}') =>
      (await createVerifySession({ baseUrl: await answering(status, body), isBlind: true })('token')).kind
    for (const status of [403, 404, 405, 501]) expect(await kindOf(status)).toBe('accepted')
    expect(await kindOf(405, '<html>')).toBe('accepted')
    expect(await kindOf(401)).toBe('refused')
    expect(await kindOf(503)).toBe('unreachable')
  })
})

/** A session that a login renews, told of what is asked of it. */
function renewable(tokens: string[]) {
  const renewals: string[] = []
  const session: ErpSession = {
    token: async () => tokens[Math.min(renewals.length, tokens.length - 1)] as string,
    async renew(refused) {
      renewals.push(refused)
    },
  }
  return { session, renewals }
}

const forbid =
  (...ids: number[]) =>
  ({ url }: { url: string }): Fault | undefined =>
    ids.some((id) => url.endsWith(`/${id}`)) ? { kind: 'status', status: 403, body: '{"error":"no"}' } : undefined

describe('a session that the ERP refuses', () => {
  it('is renewed, and the call made once more with the new one', async () => {
    const erp = await simulated()
    const { session, renewals } = renewable(['expired', 'key'])
    const lines: unknown[] = []
    const log = (event: string) => lines.push(event)
    const client = createErp({ baseUrl: erp.url, session, clock, log })
    expect(await client.put('42', { completed: true })).toMatchObject({ kind: 'answered' })
    expect(renewals).toEqual(['expired'])
    expect(erp.requests).toHaveLength(2)
    expect(lines).toEqual(['the ERP refuses our session'])
  })

  it.each(['get', 'put'] as const)(
    'is not reachable for a %s where a new one is refused too, or none comes',
    async (what) => {
      const erp = await simulated()
      const outcomeOf = (tokens: string[]) => {
        const client = createErp({ baseUrl: erp.url, session: renewable(tokens).session, clock })
        return what === 'get' ? client.get('42') : client.put('42', {})
      }
      const outcome = { kind: 'unreachable', reason: 'the ERP refuses the session (401)' }
      expect(await outcomeOf(['one', 'two'])).toEqual(outcome)
      // One that was just asked for may be there soon.
      expect(await outcomeOf(['one'])).toEqual({ ...outcome, retryAfter: 5_000, skipped: true })
    },
  )

  it('is not reachable where nobody can renew it', async () => {
    const erp = await simulated()
    const client = createErp({ baseUrl: erp.url, session: { token: async () => 'expired' }, clock })
    expect(await client.get('42')).toMatchObject({ kind: 'unreachable' })
    expect(erp.requests).toHaveLength(1)
  })
})

describe('a 403', () => {
  it('is a chat message’s own once another one went through in the same session after it came', async () => {
    const erp = await simulated([1, 2])
    erp.fault = forbid(1)
    const client = createErp({ baseUrl: erp.url, session: { token: async () => 'key' }, clock })
    expect(await client.get('2')).toMatchObject({ kind: 'answered' })
    expect(await client.get('1')).toMatchObject({ kind: 'unreachable' })
    // What went through before proves nothing, nor does the same chat message.
    expect(await client.get('1')).toMatchObject({ kind: 'unreachable' })
    expect(await client.get('2')).toMatchObject({ kind: 'answered' })
    expect(await client.get('1')).toEqual({ kind: 'refused', status: 403, answer: '{"error":"no"}' })
    erp.fault = undefined
    expect(await client.get('1')).toMatchObject({ kind: 'answered' })
    erp.fault = forbid(1)
    expect(await client.get('1')).toMatchObject({ kind: 'unreachable' })
  })

  it('is not proven by what went through long before: the session may have ended since', async () => {
    const erp = await simulated([1, 2])
    const { now, advance } = stoppedClock()
    const client = createErp({ baseUrl: erp.url, session: { token: async () => 'key' }, clock: now })
    const refuse = (...ids: number[]) => {
      erp.fault = forbid(...ids)
    }
    refuse(1)
    await client.put('1', { completed: true })
    await client.put('2', { completed: true })
    expect(await client.put('1', { completed: true })).toMatchObject({ kind: 'refused' })
    advance(60_000)
    refuse(1, 2)
    for (const id of ['1', '2', '1']) {
      expect(await client.put(id, { message_text: 'new' })).toMatchObject({ kind: 'unreachable' })
    }
    refuse(1)
    await client.put('2', { completed: true })
    expect(await client.put('1', { message_text: 'new' })).toMatchObject({ kind: 'refused' })
  })

  it('to a PUT is not proven by GETs: the user may have no right to write at all', async () => {
    const erp = await simulated([1, 2])
    erp.fault = (request) => (request.method === 'PUT' ? forbid(1, 2)(request) : undefined)
    const client = createErp({ baseUrl: erp.url, session: { token: async () => 'key' }, clock })
    for (const id of ['1', '2', '1', '2']) {
      expect(await client.get(id)).toMatchObject({ kind: 'answered' })
      expect(await client.put(id, { completed: true })).toMatchObject({ kind: 'unreachable' })
    }
    erp.fault = (request) => (request.method === 'PUT' ? forbid(1)(request) : undefined)
    expect(await client.put('2', { completed: true })).toMatchObject({ kind: 'answered' })
    expect(await client.put('1', { completed: true })).toMatchObject({ kind: 'refused', status: 403 })
  })

  it('is not proven by a call that began before it came, however late that is answered', async () => {
    const erp = await simulated([1, 2])
    erp.fault = (request) => forbid(1)(request) ?? { kind: 'slow', ms: 100 }
    const client = createErp({ baseUrl: erp.url, session: { token: async () => 'key' }, clock })
    const slow = client.get('2')
    expect(await client.get('1')).toMatchObject({ kind: 'unreachable' })
    await slow
    expect(await client.get('1')).toMatchObject({ kind: 'unreachable' })
  })

  it('costs one login in a quarter of an hour, where a new session does not cure it', async () => {
    const erp = await simulated([1])
    erp.fault = forbid(1)
    const { now, advance } = stoppedClock()
    const { session, renewals } = renewable(['key'])
    const client = createErp({ baseUrl: erp.url, session, clock: now })
    for (let time = 0; time < 20; time += 1) await client.get('1')
    expect(renewals).toHaveLength(1)
    advance(15 * 60_000)
    await client.get('1')
    expect(renewals).toHaveLength(2)
  })

  it('that repeats the token keeps it to itself', async () => {
    const erp = await simulated([1, 2])
    erp.fault = ({ url }) =>
      url.endsWith('/1') ? { kind: 'status', status: 422, body: '{"error":"key is no good"}' } : undefined
    const client = createErp({ baseUrl: erp.url, session: { token: async () => 'key' }, clock })
    expect(await client.get('1')).toMatchObject({ kind: 'refused', answer: '{"error":"… is no good"}' })
  })
})
