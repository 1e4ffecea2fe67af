import { randomUUID } from 'node:crypto'
import * as z from 'zod'

const LoginBody = z.object({ login: z.object({ username: z.string(), password: z.string() }) })

/** The users of a simulated ERP and the sessions that it gave them. */
export type SimulatedSessions = {
  /** Passwords by user. Whoever changes one ends no session. */
  users: Map<string, string>
  /** ms that a session lasts, whatever a login asks for. */
  lasts: number
  /** Asks everybody for a second factor. */
  asksSecondFactor: boolean
  /** What the answer to a login says besides, such as `valid: false`. */
  says: Record<string, unknown>
  /** Logins that gave a session, and those that were refused. */
  logins: number
  refusals: number
  /** Sessions that have ended by now. */
  ended(): number
  /** Ends every session. */
  revokeAll(): void
  isValid(token: unknown): boolean
  /** Every token that was given. */
  tokens(): string[]
  /** `POST /api/logins`, with the body as it came. */
  logIn(body: unknown): { status: number; body: unknown }
}

/** @param users passwords by user */
export function createSimulatedSessions(users: Record<string, string> = {}): SimulatedSessions {
  /** Tokens, and until when (epoch ms) they are valid. */
  const given = new Map<string, number>()
  const sessions: SimulatedSessions = {
    users: new Map(Object.entries(users)),
    lasts: Number.POSITIVE_INFINITY,
    asksSecondFactor: false,
    says: {},
    logins: 0,
    refusals: 0,
    ended: () => [...given.values()].filter((until) => until <= Date.now()).length,
    revokeAll() {
      for (const token of given.keys()) given.set(token, Math.min(Date.now(), given.get(token) as number))
    },
    isValid: (token) => typeof token === 'string' && (given.get(token) ?? 0) > Date.now(),
    tokens: () => [...given.keys()],
    logIn(body) {
      const { data } = LoginBody.safeParse(body)
      if (!data) return { status: 422, body: { error: 'expected {"login": {"username", "password"}}' } }
      const { username, password } = data.login
      if (sessions.users.get(username) !== password) {
        sessions.refusals += 1
        return { status: 401, body: { error: 'wrong user or password' } }
      }
      const sessionid = randomUUID()
      const start = new Date().toISOString()
      if (sessions.asksSecondFactor) sessions.refusals += 1
      else {
        sessions.logins += 1
        given.set(sessionid, Date.now() + sessions.lasts)
      }
      const valid = !sessions.asksSecondFactor
      const missing2fa = sessions.asksSecondFactor
      const kind = { valid, missing2fa, is_api_key: false, auth_by_credentials: true }
      const answer = { id: given.size, sessionid, start, refreshed_start: start, ...kind, ...sessions.says }
      return { status: 200, body: answer }
    },
  }
  return sessions
}
