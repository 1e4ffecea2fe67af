import * as z from 'zod'
import type { Clock } from '../ports/ports.ts'
import { type Login, type LoginOutcome, StoredSession } from '../secrets/session.ts'
import { retryAfter } from '../state/backoff.ts'
import { type ErpHost, erpUrl, isFinal } from './api.ts'
import { createHttpCall, type HttpAnswer, jsonOf } from './http-call.ts'

/** What the bridge needs of the answer to `POST /api/logins`. What else stands there is nobody's business. */
const LoginAnswer = z.looseObject({
  sessionid: StoredSession.shape.token.optional(),
  valid: z.boolean().optional(),
  missing2fa: z.boolean().optional(),
})

/** What an operator has to do, by what the ERP says. */
const advice = {
  secondFactor:
    'the ERP asks for a second factor, which a bridge can not give: take a user without one, or an API key as token',
  invalid: 'the ERP gives this user no valid session: look in the ERP whether the user is locked or must do something',
  credentials: 'the ERP refuses user and password: set the right ones',
} as const

/**
 * The login with user and password, `POST /api/logins`.
 * @param options.validSeconds how long the session shall last
 * @param options.timeout ms until a login without an answer is given up
 */
export function createLogin({
  validSeconds,
  timeout = 10_000,
  clock,
  ...host
}: ErpHost & { validSeconds: number; timeout?: number; clock: Clock }): Login {
  const call = createHttpCall()
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  return async ({ username, password }) => {
    const url = erpUrl(host, '/api/logins')
    url.searchParams.set('validSeconds', String(validSeconds))
    const body = JSON.stringify({ login: { username, password } })
    const answer = await call('POST', url, { headers, body, timeout })
    return 'failure' in answer ? { kind: 'unreachable', reason: answer.failure } : outcomeOf(answer, clock())
  }
}

function outcomeOf(answer: HttpAnswer, now: number): LoginOutcome {
  const { status, headers } = answer
  const said = LoginAnswer.safeParse(jsonOf(answer))
  if (said.data?.missing2fa) return { kind: 'refused', reason: advice.secondFactor }
  // Also where it is no JSON: each further try may bring a lock-out nearer.
  if (status === 401 || status === 403) return { kind: 'refused', reason: advice.credentials }
  if (status >= 200 && status < 300) {
    if (said.data?.valid === false) return { kind: 'refused', reason: advice.invalid }
    if (said.data?.sessionid !== undefined) return { kind: 'session', token: said.data.sessionid }
    const fields = said.error?.issues.map(({ path }) => path.join('.')).filter(Boolean) ?? ['sessionid']
    return { kind: 'unreachable', reason: `the answer is no login (${fields.join(', ') || 'not JSON'})` }
  }
  // A 404 or 405 is about the place and not the user, and costs no user anything.
  if (isFinal(status) && status !== 404 && status !== 405 && said.success) {
    return { kind: 'refused', reason: `${advice.credentials} (status ${status})` }
  }
  const after = retryAfter(headers['retry-after'], now)
  return { kind: 'unreachable', reason: `status ${status}`, ...(after !== undefined && { retryAfter: after }) }
}
