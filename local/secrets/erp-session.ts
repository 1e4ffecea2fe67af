import { createHash, randomBytes, scryptSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import * as z from 'zod'
import type { Clock, ErpSession, Log } from '../../functions/ports/ports.ts'
import {
  type Credentials,
  type Login,
  type LoginOutcome,
  refusedCredentialsPause,
  StoredSession,
} from '../../functions/secrets/session.ts'
import { backoff } from '../../functions/state/backoff.ts'
import { errorMessage } from '../error-messages.ts'
import { fileVersion, writePrivate } from '../files/private-file.ts'
import { tryLock } from '../files/process-lock.ts'

/** How long a call waits for a login that is under way; ms. */
const callWaits = 5_000
/** How long a process looks for the end of another one's login, and how often; ms. */
const loginLasts = 15_000
const lookEvery = 50
/** How often it is looked whether the session has to be renewed; ms. */
const tickEvery = 10_000
/** The share of its time after which a session is renewed, though nobody refuses it yet. */
const renewedAfter = 0.8
/** A session that is refused this soon was no good; ms. */
const shortLived = 30_000

/** What the processes of a folder share: the session, and when the next login may be. Times in epoch ms. */
const Kept = z.object({
  /** Which ERP and user it is of, as a hash: a session is never shown to another ERP. */
  of: z.string(),
  token: StoredSession.shape.token.optional(),
  since: z.number().default(0),
  /** Logins in a row that failed, or whose session did not last. */
  failures: z.int().default(0),
  nextLoginAt: z.number().default(0),
  /** The credentials that the ERP refused, as a slow hash. */
  refused: z.object({ reason: z.string(), salt: z.string(), hash: z.string() }).optional(),
})
type Kept = z.infer<typeof Kept>

/** The session of a user that the bridge logs in as. */
export type LoginSession = ErpSession & {
  /** Logs in now where there is no session, and renews it in good time. @returns what ends that */
  keep(): () => void
}

/**
 * A session that all processes on a folder share, in a file that only its owner may read: however many find it refused, one
 * logs in, and the others take what that one got. A failed login is tried again with growing pauses, and credentials that
 * the ERP refused after 15 minutes, unless they have changed; also after a restart.
 * @param options.erp where the login is, so that a session stays with its ERP
 * @param options.validSeconds how long a session shall last
 */
export function openSession({
  folder,
  erp,
  credentials,
  login,
  validSeconds,
  clock,
  log,
  random = Math.random,
}: {
  folder: string
  erp: string
  credentials: Credentials
  login: Login
  validSeconds: number
  clock: Clock
  log: Log
  random?: () => number
}): LoginSession {
  const path = join(folder, 'session.json')
  const of = createHash('sha256')
    .update(JSON.stringify([erp, credentials.username]))
    .digest('hex')
  const hashed = createFingerprint(credentials)
  let known: { stamp: string | undefined; kept: Kept } | undefined
  let refusedToken: string | undefined
  let underWay: Promise<void> | undefined

  function read(): Kept {
    const stamp = fileVersion(path)
    if (!known || known.stamp !== stamp) known = { stamp, kept: parse(path, of) }
    return known.kept
  }

  /** Where it can't be written, this process goes on with what it knows. */
  function write(kept: Kept): void {
    try {
      writePrivate(path, kept)
    } catch (error) {
      log('session not stored', { error: errorMessage(error) })
    }
    known = { stamp: fileVersion(path), kept }
  }

  function isBarred({ nextLoginAt, refused }: Kept): boolean {
    if (clock() >= nextLoginAt) return false
    return !refused || refused.hash === hashed(refused.salt)
  }

  function isWanted(kept: Kept): boolean {
    if (isBarred(kept)) return false
    const { token, since } = kept
    return token === undefined || token === refusedToken || clock() >= since + validSeconds * 1_000 * renewedAfter
  }

  function after(before: Kept, outcome: LoginOutcome): Kept {
    const now = clock()
    const { refused: _, ...kept } = before
    switch (outcome.kind) {
      case 'session': {
        const failures = before.token !== undefined && now - before.since < shortLived ? before.failures + 1 : 0
        const nextLoginAt = now + (failures > 0 ? backoff(failures, random()) : 0)
        log('logged in to the ERP', {})
        return { of, token: outcome.token, since: now, failures, nextLoginAt }
      }
      case 'refused': {
        const { reason } = outcome
        log('the ERP refuses our login', { error: reason })
        const salt = randomBytes(16).toString('hex')
        return { ...kept, nextLoginAt: now + refusedCredentialsPause, refused: { reason, salt, hash: hashed(salt) } }
      }
      case 'unreachable': {
        const failures = before.failures + 1
        log('no login', { error: outcome.reason })
        return { ...kept, failures, nextLoginAt: now + (outcome.retryAfter ?? 1_000 + backoff(failures, random())) }
      }
    }
  }

  async function logIn(): Promise<void> {
    try {
      for (const end = performance.now() + loginLasts; performance.now() < end && isWanted(read()); ) {
        const unlock = tryLock(folder, 'session-lock.sqlite')
        if (unlock) {
          try {
            // Another process may have logged in before this one had the lock.
            if (isWanted(read())) write(after(read(), await login(credentials)))
            return
          } finally {
            unlock()
          }
        }
        await wait(lookEvery)
      }
    } catch (error) {
      log('no login', { error: errorMessage(error) })
    }
  }

  function obtain(): Promise<void> {
    underWay ??= logIn().finally(() => {
      underWay = undefined
    })
    return underWay
  }

  return {
    async token() {
      const { token } = read()
      if (token !== undefined && token !== refusedToken) return token
      await Promise.race([obtain(), wait(callWaits, undefined, { ref: false })])
      const kept = read()
      if (kept.token !== undefined) return kept.token
      throw noSession(kept)
    },
    async renew(refused) {
      refusedToken = refused
      void obtain()
    },
    keep() {
      const kept = read()
      const reason = isBarred(kept) && kept.refused?.reason
      if (reason) log('the ERP refuses our login', { error: reason })
      void obtain()
      const timer = setInterval(() => void obtain(), tickEvery).unref()
      return () => clearInterval(timer)
    },
  }
}

function noSession({ refused }: Kept): Error {
  const error = new Error(refused?.reason ?? 'nobody has logged in yet')
  return Object.assign(error, { name: refused ? 'LoginRefused' : 'NoLogin' })
}

/** A file that is damaged or of another ERP or user holds nothing that can't be had again. */
function parse(path: string, of: string): Kept {
  try {
    const kept = Kept.parse(JSON.parse(readFileSync(path, 'utf8')))
    if (kept.of === of) return kept
  } catch {}
  return { of, since: 0, failures: 0, nextLoginAt: 0 }
}

/** A hash of credentials that is slow to guess from; the last one is remembered. */
function createFingerprint({ username, password }: Credentials): (salt: string) => string {
  let last: { salt: string; hash: string } | undefined
  return (salt) => {
    if (last?.salt !== salt) {
      last = { salt, hash: scryptSync(JSON.stringify([username, password]), salt, 32).toString('hex') }
    }
    return last.hash
  }
}

/** Reads until when the session of a folder lasts. @returns epoch ms; undefined where there is none */
export function sessionUntil(folder: string, validSeconds: number): number | undefined {
  try {
    const { token, since } = Kept.parse(JSON.parse(readFileSync(join(folder, 'session.json'), 'utf8')))
    return token === undefined ? undefined : since + validSeconds * 1_000
  } catch {
    return undefined
  }
}
