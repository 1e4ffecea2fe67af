import { chatroomMessagePath, erpUrl, putBody, readChatroomMessage, tellsLists } from '../../functions/erp/api.ts'
import { createHttpCall, jsonOf } from '../../functions/erp/http-call.ts'
import type { ChatroomMessage, ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import { errorMessage } from '../../local/error-messages.ts'
import type { ErpConnection } from '../open/bridge.ts'

/** How long an answer may take; ms. */
const timeout = 10_000

/** A host's answer, with the chat message in it, if there is one. */
export type Answer = { status: number; isSuccess: boolean; message?: ChatroomMessage | undefined; tellsLists: boolean }
/** There was no answer; `sent` says whether a PUT may have been applied anyway. */
type NoAnswer = { failure: string; sent: boolean }

export type Calls = {
  get(messageId: string): Promise<Answer | NoAnswer>
  put(messageId: string, data: ChatroomMessageData): Promise<Answer | NoAnswer>
}

/** Calls a host directly, without the retries of the bridge's client. */
export function createCalls({ session, ...host }: ErpConnection): Calls {
  const call = createHttpCall()
  const send = async (method: 'GET' | 'PUT', messageId: string, body?: string): Promise<Answer | NoAnswer> => {
    try {
      const token = await session.token()
      const answer = await sendWith(token, method, messageId, body)
      if ('failure' in answer || answer.status !== 401) return answer
      const renewed = await session.token({ fresh: true })
      return renewed === token ? answer : await sendWith(renewed, method, messageId, body)
    } catch (error) {
      return { failure: `no session token: ${errorMessage(error)}`, sent: false }
    }
  }
  const sendWith = async (token: string, method: 'GET' | 'PUT', messageId: string, body?: string) => {
    const headers = {
      accept: 'application/json',
      'x-session-token': token,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const url = erpUrl(host, chatroomMessagePath(messageId))
    const answer = await call(method, url, { headers, timeout, ...(body !== undefined && { body }) })
    if ('failure' in answer) return { failure: answer.failure, sent: answer.sent }
    const { status } = answer
    if (status < 200 || status >= 300) return { status, isSuccess: false, tellsLists: false }
    const json = jsonOf(answer)
    return { status, isSuccess: true, message: readChatroomMessage(json), tellsLists: tellsLists(json) }
  }
  return {
    get: (messageId) => send('GET', messageId),
    put: (messageId, data) => send('PUT', messageId, putBody(data)),
  }
}
