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
  noSession,
  refusedCredentialsPause,
  StoredSession,
} from '../../functions/secrets/session.ts'
import { backoff } from '../../functions/state/backoff.ts'
import { errorMessage } from '../error-messages.ts'
import { fileVersion, writePrivate } from '../files/private-file.ts'
import { tryLock } from '../files/process-lock.ts'

/** How long a call waits for a login that runs; ms. */
const callTimeout = 5_000
/** How long a process waits for another process's login, and how often it checks; ms. */
const loginTimeout = 15_000
const pollMs = 50
/** How often to check whether the session must be renewed; ms. */
const renewalPollMs = 10_000
/** The share of its lifetime after which a session is renewed, although the ERP still accepts it. */
const renewalShare = 0.8
/** A session that the ERP refuses sooner than this counts as a failed login; ms. */
const minLifetime = 30_000

/** What the processes of a folder share: the session, and the time of the next login. Times in epoch ms. */
const SessionFile = z.object({
  /** A hash of the ERP's address and the user, so that no session is sent to another ERP. */
  of: z.string(),
  token: StoredSession.shape.token.optional(),
  since: z.number().default(0),
  /** Logins in a row that failed, or whose session was refused too soon. */
  failures: z.int().default(0),
  nextLoginAt: z.number().default(0),
  /** The credentials that the ERP refused, as a slow hash. */
  refused: z.object({ reason: z.string(), salt: z.string(), hash: z.string() }).optional(),
})
type SessionFile = z.infer<typeof SessionFile>

/** The session of the ERP user that the bridge logs in as. */
export type LoginSession = ErpSession & {
  /** Logs in now where there is no session, and renews it before it ends. @returns what stops that */
  keep(): () => void
}

/**
 * A session that all processes of a folder share, in a file that only its owner may read. When the ERP refuses it, one
 * process logs in and the others use its session. A failed login is tried again with growing pauses; credentials that the ERP
 * refused are tried again after 15 minutes, or when they have changed. A restart changes none of that.
 * @param options.erp the ERP's address
 * @param options.validSeconds how long a session lasts
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
  let known: { version: string | undefined; file: SessionFile } | undefined
  let refusedToken: string | undefined
  let running: Promise<void> | undefined

  function read(): SessionFile {
    const version = fileVersion(path)
    if (!known || known.version !== version) known = { version, file: parse(path, of) }
    return known.file
  }

  /** Keeps the session in memory where the file can't be written. */
  function write(file: SessionFile): void {
    try {
      writePrivate(path, file)
    } catch (error) {
      log('session not stored', { error: errorMessage(error) })
    }
    known = { version: fileVersion(path), file }
  }

  function mustWait({ nextLoginAt, refused }: SessionFile): boolean {
    if (clock() >= nextLoginAt) return false
    return !refused || refused.hash === hashed(refused.salt)
  }

  function needsLogin(file: SessionFile): boolean {
    if (mustWait(file)) return false
    const { token, since } = file
    return token === undefined || token === refusedToken || clock() >= since + validSeconds * 1_000 * renewalShare
  }

  function afterLogin(before: SessionFile, outcome: LoginOutcome): SessionFile {
    const now = clock()
    const { refused: _, ...kept } = before
    switch (outcome.kind) {
      case 'session': {
        const failures = before.token !== undefined && now - before.since < minLifetime ? before.failures + 1 : 0
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
      for (const end = performance.now() + loginTimeout; performance.now() < end && needsLogin(read()); ) {
        const unlock = tryLock(folder, 'session-lock.sqlite')
        if (unlock) {
          try {
            // Another process may have logged in before this one had the lock.
            if (needsLogin(read())) write(afterLogin(read(), await login(credentials)))
            return
          } finally {
            unlock()
          }
        }
        await wait(pollMs)
      }
    } catch (error) {
      log('no login', { error: errorMessage(error) })
    }
  }

  function obtain(): Promise<void> {
    running ??= logIn().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    async token() {
      const { token } = read()
      if (token !== undefined && token !== refusedToken) return token
      await Promise.race([obtain(), wait(callTimeout, undefined, { ref: false })])
      const file = read()
      if (file.token !== undefined) return file.token
      throw noSession(file.refused?.reason)
    },
    async renew(refused) {
      refusedToken = refused
      void obtain()
    },
    keep() {
      const file = read()
      const reason = mustWait(file) && file.refused?.reason
      if (reason) log('the ERP refuses our login', { error: reason })
      void obtain()
      const timer = setInterval(() => void obtain(), renewalPollMs).unref()
      return () => clearInterval(timer)
    },
  }
}

/** Reads the file as empty where it is damaged or belongs to another ERP or user: a login brings everything back. */
function parse(path: string, of: string): SessionFile {
  const file = readSessionFile(path)
  return file?.of === of ? file : { of, since: 0, failures: 0, nextLoginAt: 0 }
}

function readSessionFile(path: string): SessionFile | undefined {
  try {
    return SessionFile.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

/** Hashes credentials slowly, against guessing, and caches the last hash. */
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
  const file = readSessionFile(join(folder, 'session.json'))
  return file?.token === undefined ? undefined : file.since + validSeconds * 1_000
}
