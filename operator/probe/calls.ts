import { chatroomMessagePath, erpUrl, putBody, readChatroomMessage, tellsLists } from '../../functions/erp/api.ts'
import { createHttpCall, type HttpAnswer } from '../../functions/erp/http-call.ts'
import type { ChatroomMessage, ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import { errorMessage } from '../../local/error-messages.ts'
import type { ErpConnection } from '../open/bridge.ts'

/** ms that an answer may take. */
const timeout = 10_000
/** How much of an error's body is shown. */
const shownOfError = 160

/** What a host answered, as far as the probe looks at it. */
export type Answer = {
  status: number
  isSuccess: boolean
  /** The chat message that it tells, and whether its lists are in it. */
  message?: ChatroomMessage | undefined
  tellsLists: boolean
  /** Of an error: whether it is JSON, and how it begins. */
  error?: { status: number; isJson: boolean; begins: string }
}

/** No answer came; `sent` says whether a PUT may have been applied all the same. */
type NoAnswer = { failure: string; sent: boolean }

/** Calls of one host, which notes what every answer tells by the way. */
export type Calls = {
  get(messageId: string, options?: { token?: string }): Promise<Answer | NoAnswer>
  put(messageId: string, data: ChatroomMessageData): Promise<Answer | NoAnswer>
  /** A PUT of a body that makes no sense: it lacks the only key that is required. */
  putNonsense(messageId: string): Promise<Answer | NoAnswer>
  noted: {
    /** ms of each answer to a call of the chat message. */
    get: number[]
    put: number[]
    /** Headers that tell of a rate limit, as they came last. */
    rateLimit: Record<string, string>
  }
}

/** Calls a host as it is, without the retries and the judgement of the bridge's client. */
export function createCalls({ session, ...host }: ErpConnection): Calls {
  const call = createHttpCall()
  const noted: Calls['noted'] = { get: [], put: [], rateLimit: {} }

  async function ask(
    method: 'GET' | 'PUT',
    messageId: string,
    { body, token }: { body?: string; token?: string } = {},
  ): Promise<Answer | NoAnswer> {
    try {
      const known = token ?? (await session.token())
      const answer = await askWith(known, method, messageId, body)
      if ('failure' in answer || answer.status !== 401 || token !== undefined) return answer
      const renewed = await session.token({ fresh: true })
      return renewed === known ? answer : await askWith(renewed, method, messageId, body)
    } catch (error) {
      return { failure: `no session token: ${errorMessage(error)}`, sent: false }
    }
  }

  async function askWith(token: string, method: 'GET' | 'PUT', messageId: string, body?: string) {
    const headers = {
      accept: 'application/json',
      'x-session-token': token,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const begin = performance.now()
    const url = erpUrl(host, chatroomMessagePath(messageId))
    const answer = await call(method, url, { headers, timeout, ...(body !== undefined && { body }) })
    if ('failure' in answer) return { failure: answer.failure, sent: answer.sent }
    if (answer.status < 300) noted[method === 'GET' ? 'get' : 'put'].push(performance.now() - begin)
    for (const [name, value] of Object.entries(answer.headers)) {
      if (isOfRateLimit(name)) noted.rateLimit[name] = String(value)
    }
    return read(answer)
  }

  return {
    get: (messageId, options) => ask('GET', messageId, options),
    put: (messageId, data) => ask('PUT', messageId, { body: putBody(data) }),
    putNonsense: (messageId) => ask('PUT', messageId, { body: '{}' }),
    noted,
  }
}

/** `ratelimit`, `x-ratelimit-limit`, `x-rate-limit-reset`, `retry-after`, … */
function isOfRateLimit(name: string): boolean {
  return /^(x-)?rate-?limit|^retry-after$/.test(name)
}

function read({ status, body }: HttpAnswer): Answer {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {}
  if (status >= 200 && status < 300) {
    return { status, isSuccess: true, message: readChatroomMessage(json), tellsLists: tellsLists(json) }
  }
  const error = { status, isJson: json !== undefined, begins: body.slice(0, shownOfError) }
  return { status, isSuccess: false, tellsLists: false, error }
}
