import * as z from 'zod'

/** What a header can carry: an error of a client that finds something else in a token could quote it. */
const InHeader = z.string().regex(/^[\x21-\x7e]+$/, 'expected a token: printable characters without spaces')

/** A stored session of the ERP's: the token that goes into `x-session-token`. */
export const StoredSession = z.object({ token: InHeader })

/** A user of the ERP's that the bridge logs in as. */
export const Credentials = z.object({
  username: z.string().min(1, 'expected a user'),
  password: z.string().min(1, 'expected a password'),
})
export type Credentials = z.infer<typeof Credentials>

/** How a login ended. `reason` never holds a user, a password or a token. */
export type LoginOutcome =
  | { kind: 'session'; token: string }
  /** The ERP does not let this user in, and won't until an operator does what `reason` says. */
  | { kind: 'refused'; reason: string }
  /** Nobody knows what the ERP would say. `retryAfter` in ms. */
  | { kind: 'unreachable'; reason: string; retryAfter?: number }

/** Logs in at the ERP. Never throws for what the ERP or the network does. */
export type Login = (credentials: Credentials) => Promise<LoginOutcome>

/** ms that nobody tries credentials again which the ERP has refused: it may lock a user out who fails too often. */
export const refusedCredentialsPause = 15 * 60_000

/** Whether the ERP takes a session. */
export type SessionVerdict =
  | { kind: 'accepted' }
  | { kind: 'refused'; reason: string }
  | { kind: 'unreachable'; reason: string }

/** Tries a session with a real read. Never throws for what the ERP or the network does. */
export type VerifySession = (token: string) => Promise<SessionVerdict>
