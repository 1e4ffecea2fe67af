import type { SessionVerdict, VerifySession } from '../secrets/session.ts'
import { chatroomMessagePath, type ErpHost, erpUrl } from './api.ts'
import { createHttpCall, jsonOf } from './http-call.ts'

/** A chat message that no ERP has: whether it says so or shows it, it has let the session in. */
const nobodys = '0'
/** How a host may refuse GET, whatever the session. */
const refusesGet = [403, 404, 405, 501]

/**
 * Tries a session with a call that changes nothing: a GET of a chat message.
 * @param options.timeout ms until a call without an answer is given up
 * @param options.isBlind the host refuses GET: then of its refusals only a 401 is about the session
 */
export function createVerifySession({
  timeout = 10_000,
  isBlind = false,
  ...host
}: ErpHost & { timeout?: number; isBlind?: boolean }): VerifySession {
  const call = createHttpCall()
  return async (token): Promise<SessionVerdict> => {
    const headers = { accept: 'application/json', 'x-session-token': token }
    const answer = await call('GET', erpUrl(host, chatroomMessagePath(nobodys)), { headers, timeout })
    if ('failure' in answer) return { kind: 'unreachable', reason: answer.failure }
    const { status } = answer
    if (status === 401) return { kind: 'refused', reason: 'the ERP refuses the session that it has just given (401)' }
    if (isBlind && refusesGet.includes(status)) return { kind: 'accepted' }
    if (status === 403) {
      return {
        kind: 'refused',
        reason: 'the ERP lets this user in, and not read chat messages: give it the right (403)',
      }
    }
    const isAnswer = (status >= 200 && status < 300) || status === 404
    if (isAnswer && jsonOf(answer) !== undefined) return { kind: 'accepted' }
    return { kind: 'unreachable', reason: `status ${status}` }
  }
}
