import type { Clock, ErpSession, Log } from '../ports/ports.ts'
import { retryAfter } from '../state/backoff.ts'
import type { ChatroomMessageData } from '../state/erp/chatroom-message.ts'
import type { GetOutcome, PutOutcome } from '../state/erp/outcome.ts'
import { chatroomMessagePath, type ErpHost, erpUrl, isFinal, putBody, readChatroomMessage, tellsLists } from './api.ts'
import { createAuthenticatedCall } from './authenticated-call.ts'
import { createHttpCall, type HttpAnswer, type HttpFailure, jsonOf } from './http-call.ts'

/** The ERP, as far as the bridge needs it. Never throws for what the ERP or the network does. */
export type Erp = {
  get(messageId: string): Promise<GetOutcome>
  put(messageId: string, data: ChatroomMessageData): Promise<PutOutcome>
}

/** A request that got no answer, and when another may (ms from now), where a new session is on its way. */
type Failure = HttpFailure & { later?: { retryAfter?: number } }

/** How much of a refusal is kept with what it parks. */
const answerKept = 500

/**
 * A client of one ERP host.
 * @param options.timeout ms until a call without an answer is given up, connecting included
 * @param options.log told when the ERP refuses the session
 */
export function createErp({
  session,
  timeout = 10_000,
  clock,
  log,
  ...host
}: ErpHost & { session: ErpSession; timeout?: number; clock: Clock; log?: Log }): Erp {
  const call = createHttpCall()
  const inSession = createAuthenticatedCall({ session, clock, log })

  async function request(method: string, messageId: string, body?: string): Promise<HttpAnswer | Failure> {
    const url = erpUrl(host, chatroomMessagePath(messageId))
    const headers = { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) }
    const answer = await inSession({ method, messageId }, (token) =>
      call(method, url, {
        headers: { ...headers, 'x-session-token': token },
        timeout,
        ...(body !== undefined && { body }),
      }),
    )
    if (!('noSession' in answer)) return answer
    const { noSession: failure, ...later } = answer
    return { failure, sent: false, later }
  }

  return {
    async get(messageId) {
      const answer = await request('GET', messageId)
      if ('failure' in answer) return unreached(answer)
      const json = jsonOf(answer)
      if (isSuccess(answer)) {
        const message = readChatroomMessage(json)
        return message ? { kind: 'answered', message } : unreachable('the answer is no chat message')
      }
      return refusalOf(answer, json) ?? unreachable(`status ${answer.status}`, retryAfterOf(answer, clock()))
    },

    async put(messageId, data) {
      const answer = await request('PUT', messageId, putBody(data))
      if ('failure' in answer) {
        return answer.sent ? { kind: 'lost', reason: answer.failure } : unreached(answer)
      }
      const json = jsonOf(answer)
      if (isSuccess(answer)) {
        // An answer that no ERP gives comes from something before it: nobody knows what the ERP did.
        if (json === undefined) return { kind: 'lost', reason: 'the answer is not JSON' }
        const message = readChatroomMessage(json)
        return { kind: 'answered', ...(message && { message, tellsLists: tellsLists(json) }) }
      }
      const refusal = refusalOf(answer, json)
      if (refusal) return refusal
      if (answer.status >= 500 && answer.status !== 503) return { kind: 'lost', reason: `status ${answer.status}` }
      return unreachable(`status ${answer.status}`, retryAfterOf(answer, clock()))
    },
  }
}

function unreached({ failure, later: { retryAfter } = {} }: Failure) {
  const outcome = unreachable(failure, retryAfter)
  return retryAfter === undefined ? outcome : ({ ...outcome, skipped: true } as const)
}

function unreachable(reason: string, after?: number): { kind: 'unreachable'; reason: string; retryAfter?: number } {
  return { kind: 'unreachable', reason, ...(after !== undefined && { retryAfter: after }) }
}

/** A final status with a JSON answer; the same status in HTML comes from something before the ERP, and may pass. */
function refusalOf(answer: HttpAnswer, json: unknown) {
  return isFinal(answer.status) && json !== undefined
    ? ({ kind: 'refused', status: answer.status, answer: answer.body.slice(0, answerKept) } as const)
    : undefined
}

function retryAfterOf(answer: HttpAnswer, now: number): number | undefined {
  return retryAfter(answer.headers['retry-after'], now)
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}
