import type { Clock, ErpSession, Log } from '../ports/ports.ts'
import { type HttpAnswer, type HttpFailure, jsonOf } from './http-call.ts'

/**
 * A call that the ERP refuses for the session that it was made in; or nothing was asked, for want of one. `retryAfter` (ms)
 * is there where a new one is on its way.
 */
type NoSession = { noSession: string; retryAfter?: number }

/**
 * Makes a call for a chat message in the session, and heals the session where the ERP refuses it.
 * @param call what is called and for which chat message: what is refused for one may be allowed for another
 * @param send makes the call with a token
 * @returns the answer; a 401 never, and a 403 only where it is meant for this chat message
 */
export type AuthenticatedCall = (
  call: { method: string; messageId: string },
  send: (token: string) => Promise<HttpAnswer | HttpFailure>,
) => Promise<HttpAnswer | HttpFailure | NoSession>

/** ms between two renewals because of a 403, which a new session need not cure: it may be a right that the user lacks. */
const renewForbiddenEvery = 15 * 60_000
/** When to come again for a session that was just asked for, and for how long after that there is hope; ms. */
const comesWithin = 5_000
const hopeLasts = 10_000
/** ms between two log lines that say that the session is refused. */
const sayEvery = 10_000
/** How many refused calls are remembered. */
const most = 1_000
/** ms that it stands that a 403 is the chat message's own: as long as an attempt may search for what is refused. */
const standsFor = 60_000

/**
 * The ERP refused a call with 401, or with 403, which may mean either the session or the chat message. So: the token is read
 * again, past the cache; where that is the same, a new session is asked for; and if there is a new token at once, the call is
 * made once more with it. What is still refused then counts as not reachable, and is tried again later.
 *
 * A 403 is the chat message's own where the session is proven good: the same token, in a call of the same method that began
 * after this chat message was first refused, was accepted for another chat message. Sessions don't come back to life, so it
 * was good at the first refusal too. That stands for a minute: later it may be another wish that is refused, or the session
 * may have ended since, so that it has to be proven anew.
 */
export function createAuthenticatedCall({
  session,
  clock,
  log = () => {},
}: {
  session: ErpSession
  clock: Clock
  log?: Log | undefined
}): AuthenticatedCall {
  /** Counts calls as they begin and refusals as they come. */
  let moment = 0
  const accepted = new Map<string, Acceptance[]>()
  const forbidden = new Map<string, { token: string; at: number; ownUntil?: number }>()
  let renewedForbiddenAt = Number.NEGATIVE_INFINITY
  let renewed = { token: '', at: Number.NEGATIVE_INFINITY }
  let saidAt = Number.NEGATIVE_INFINITY

  function noteAccepted(method: string, acceptance: Acceptance): void {
    forbidden.delete(keyOf(method, acceptance.messageId))
    const others = (accepted.get(method) ?? []).filter(({ messageId }) => messageId !== acceptance.messageId)
    // Of two different chat messages one is another than the one that is asked for.
    accepted.set(method, [acceptance, ...others].slice(0, 2))
  }

  /** Whether a 403 is the chat message's own; where it may be, remembers when it first came. */
  function isItsOwn({ method, messageId }: { method: string; messageId: string }, token: string): boolean {
    const key = keyOf(method, messageId)
    const now = clock()
    const first = forbidden.get(key)
    if (first?.token !== token || (first.ownUntil !== undefined && now >= first.ownUntil)) {
      moment += 1
      forbidden.delete(key)
      if (forbidden.size >= most) forbidden.delete(forbidden.keys().next().value as string)
      forbidden.set(key, { token, at: moment })
      return false
    }
    const isOwn = (accepted.get(method) ?? []).some(
      (other) => other.messageId !== messageId && other.token === token && other.begun > first.at,
    )
    if (isOwn) first.ownUntil ??= now + standsFor
    return isOwn
  }

  /** Asks for another session, once in a while for a 403. */
  async function renew(token: string, status: number): Promise<void> {
    const now = clock()
    if (now - saidAt >= sayEvery) {
      saidAt = now
      log('the ERP refuses our session', { status, renewed: session.renew !== undefined })
    }
    if (status === 403) {
      if (now - renewedForbiddenAt < renewForbiddenEvery) return
      renewedForbiddenAt = now
    }
    if (!session.renew) return
    if (renewed.token !== token) renewed = { token, at: now }
    await session.renew(token)
  }

  /** What is refused comes again while its new session lasts, and not after a backoff that may outlast that. */
  function refusedWith(token: string, status: number): NoSession {
    const noSession = `the ERP refuses the session (${status})`
    const isHoped = renewed.token === token && clock() - renewed.at < hopeLasts
    return isHoped ? { noSession, retryAfter: comesWithin } : { noSession }
  }

  return async (call, send) => {
    const { method, messageId } = call
    const attempt = async (token: string) => {
      moment += 1
      const begun = moment
      const answer = await send(token)
      if ('failure' in answer) return { answer, isRefused: false as const }
      if (answer.status >= 200 && answer.status < 300) noteAccepted(method, { token, messageId, begun })
      if (answer.status !== 401 && answer.status !== 403)
        return { answer: without(token, answer), isRefused: false as const }
      const isFinal = answer.status === 403 && jsonOf(answer) !== undefined && isItsOwn(call, token)
      return isFinal
        ? { answer: without(token, answer), isRefused: false as const }
        : { answer, isRefused: true as const, status: answer.status }
    }
    try {
      const token = await session.token()
      const first = await attempt(token)
      if (!first.isRefused) return first.answer
      const read = await session.token({ fresh: true })
      const isAnother = read !== token
      if (!isAnother) await renew(token, first.status)
      const next = isAnother ? read : await session.token({ fresh: true })
      if (next === token) return refusedWith(token, first.status)
      const second = await attempt(next)
      if (!second.isRefused) return second.answer
      if (isAnother) await renew(next, second.status)
      return refusedWith(next, second.status)
    } catch (error) {
      return { noSession: `no session token: ${error instanceof Error ? error.name : 'unknown error'}` }
    }
  }
}

/** A call that the ERP accepted. */
type Acceptance = { token: string; messageId: string; begun: number }

function keyOf(method: string, messageId: string): string {
  return `${method} ${messageId}`
}

/** The answer as it may be kept: one that repeats what it was asked with would hold the token. */
function without(token: string, answer: HttpAnswer): HttpAnswer {
  if (answer.status < 400) return answer
  return { ...answer, body: answer.body.replaceAll(token, '…') }
}
