import * as z from 'zod'

/** Only what a header can carry: an HTTP client's error could quote a token with anything else. */
const Token = z.string().regex(/^[\x21-\x7e]+$/, 'expected a token: printable characters without spaces')

/** A stored session of the ERP: the token for `x-session-token`. */
export const StoredSession = z.object({ token: Token })

/** The ERP user that the bridge logs in as. */
export const Credentials = z.object({
  username: z.string().min(1, 'expected a user'),
  password: z.string().min(1, 'expected a password'),
})
export type Credentials = z.infer<typeof Credentials>

/** The result of a login. `reason` never holds a user, a password or a token. */
export type LoginOutcome =
  | { kind: 'session'; token: string }
  /** The ERP does not let this user in until an operator does what `reason` says. */
  | { kind: 'refused'; reason: string }
  /** The ERP gave no usable answer. `retryAfter` in ms. */
  | { kind: 'unreachable'; reason: string; retryAfter?: number }

/** Logs in at the ERP. Never throws for what the ERP or the network does. */
export type Login = (credentials: Credentials) => Promise<LoginOutcome>

/** The error where there is no session. @param refusal why the ERP refused the login, if it did */
export function noSession(refusal?: string): Error {
  const error = new Error(refusal ?? 'the bridge has not logged in to the ERP yet')
  return Object.assign(error, { name: refusal === undefined ? 'NoLogin' : 'LoginRefused' })
}

/** ms before credentials that the ERP refused are tried again: it may lock a user out after too many failures. */
export const refusedCredentialsPause = 15 * 60_000

/** The answer of the ERP to a session. */
export type SessionVerdict =
  | { kind: 'accepted' }
  | { kind: 'refused'; reason: string }
  | { kind: 'unreachable'; reason: string }

/** Tries a session with a real read. Never throws for what the ERP or the network does. */
export type VerifySession = (token: string) => Promise<SessionVerdict>
