import http from 'node:http'
import https from 'node:https'

/** Longest answer that is read; a chat message is a few KB. */
const longestAnswer = 8 * 1024 * 1024

/** An answer as it came. */
export type HttpAnswer = { status: number; headers: http.IncomingHttpHeaders; body: string }

/** A request that got no answer: `sent` says whether it had left whole, so that the other side may have acted on it. */
export type HttpFailure = { failure: string; sent: boolean }

/** Sends one request. Times in ms. */
export type HttpCall = (
  method: string,
  url: URL,
  options: { headers: Record<string, string>; body?: string; timeout: number },
) => Promise<HttpAnswer | HttpFailure>

/**
 * Keeps connections to one server open. Follows no redirects. An idle connection that the server closed in the meantime is
 * replaced once, at once: Node tells by `reusedSocket` (https://nodejs.org/docs/latest-v24.x/api/http.html#requestreusedsocket).
 * @param idle ms after which an unused connection is closed; below the server's own limit
 */
export function createHttpCall({ idle = 4_000 } = {}): HttpCall {
  const options = { keepAlive: true, timeout: idle, scheduling: 'lifo' as const }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }
  return async (method, url, call) => {
    const agent = agents[url.protocol as keyof typeof agents]
    const first = await send(method, url, agent, call)
    return 'stale' in first && first.stale ? send(method, url, agent, call) : first
  }
}

/** What an answer's body says; undefined where that is no JSON. */
export function jsonOf({ body }: { body: string }): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function isReset({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE'
}

function send(
  method: string,
  url: URL,
  agent: http.Agent,
  { headers, body, timeout }: { headers: Record<string, string>; body?: string; timeout: number },
): Promise<HttpAnswer | (HttpFailure & { stale: boolean })> {
  return new Promise((resolve) => {
    const { request: start } = url.protocol === 'https:' ? https : http
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const request = start(url, { method, agent, headers: { ...headers, ...length } })
    let sent = false
    let answering = false
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      // A PUT that has left whole may have been applied, stale socket or not: only a GET is repeated then.
      const stale = request.reusedSocket && !answering && isReset(error) && (method === 'GET' || !sent)
      resolve({ failure: error.code ?? error.message, sent, stale })
    }
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout} ms`)), timeout)
    request.on('error', fail)
    // 'finish' means handed to the operating system: from then on the ERP may have got it.
    request.on('finish', () => {
      sent = true
    })
    request.on('response', (response) => {
      answering = true
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length > longestAnswer) response.destroy(new Error('the answer is too long'))
      })
      response.on('error', fail)
      response.on('end', () => {
        clearTimeout(timer)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        })
      })
    })
    request.end(body)
  })
}
