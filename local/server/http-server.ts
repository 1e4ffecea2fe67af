import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type ProblemStatus, problem, resultOf } from '../../functions/receive/problem.ts'
import { listenUrl } from '../url.ts'

/** How much of a body that is too long is read and thrown away, so that a client that is still sending reads the answer. */
const drainedBytes = 64 * 1024 * 1024
const drainedFor = 10_000

export type WebhookServer = { url: string; stop(): Promise<void> }

/**
 * Listens for webhooks and hands them to the ingest handler as API Gateway does.
 * @param options.limit bytes; one more of a body is read than this, which is enough for the handler to refuse it
 * @throws when the port is taken or the address isn't this machine's
 */
export async function openWebhookServer({
  ingest,
  host,
  port,
  limit,
}: {
  ingest: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>
  host: string
  port: number
  limit: number
}): Promise<WebhookServer> {
  const options = { headersTimeout: 10_000, requestTimeout: 30_000, requireHostHeader: false }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    answering.set(request.socket, { request, response })
    response.on('close', () => answering.delete(request.socket))
    const body = await read(request, limit)
    if (!body) return
    const {
      statusCode = 200,
      headers,
      body: text = '',
    } = namesNoHost(request)
      ? resultOf(problem(400, 'HTTP/1.1 wants a Host header.'))
      : await ingest(eventOf(request, body))
    response.writeHead(statusCode, {
      ...(headers as Record<string, string>),
      'content-length': Buffer.byteLength(text),
      ...(request.complete ? {} : { connection: 'close' }),
    })
    if (request.method !== 'HEAD') response.write(text)
    // A connection that is closed on a client that still sends takes the answer with it.
    if (!request.complete) await drained(request)
    response.end()
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch(() => response.destroy())
  }
  const server = createServer(options, listener)
  // Whatever a client expects of us, it gets the same answer as without.
  server.on('checkExpectation', listener)
  server.on('clientError', refuseMalformed)
  await listening(server, host, port)
  const { port: actual } = server.address() as AddressInfo
  return {
    url: listenUrl(host, actual),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

/** @returns the body, cut one byte after the limit; undefined when the client went away */
async function read(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve) => {
    const done = (whole: boolean) => resolve(whole ? Buffer.concat(chunks).subarray(0, limit + 1) : undefined)
    request.on('data', (chunk: Buffer) => {
      if (length > limit) return
      chunks.push(chunk)
      length += chunk.length
      if (length > limit) done(true)
    })
    request.on('end', () => done(true))
    request.on('error', () => done(false))
    request.on('close', () => done(false))
  })
}

/** Lets the rest of the body come in unread, within bounds. */
function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let length = 0
    const timer = setTimeout(resolve, drainedFor)
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > drainedBytes) resolve()
    })
    for (const end of ['end', 'close', 'error']) request.on(end, () => resolve())
    request.on('close', () => clearTimeout(timer))
    request.resume()
  })
}

/** What API Gateway would make of the request (payload format 2.0): names in lower case, repeated headers joined. */
function eventOf(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const { method = '', url = '/' } = request
  const mark = url.indexOf('?')
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, utf8((values ?? []).join(','))]),
  )
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: mark < 0 ? '' : url.slice(mark + 1),
    headers,
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      domainName: headers['host'] ?? '',
      domainPrefix: 'local',
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomBytes(12).toString('base64url'),
      routeKey: '$default',
      stage: '$default',
      time: new Date().toISOString(),
      timeEpoch: Date.now(),
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  }
}

/** Node reads header values as Latin-1; senders write UTF-8. */
function utf8(value: string): string {
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : value
}

/** RFC 9112 §3.2: refused with 400. Node would do it, without a problem. */
function namesNoHost({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion === '1.1' && !headers.host
}

/** The exchange that is under way, by connection. */
const answering = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>()

/** Bytes that aren't HTTP get a problem too, as far as anybody can still read it. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  const { request, response } = answering.get(socket) ?? {}
  // A whole request that came before them on the same connection is answered first, and nothing after them.
  if (request?.complete) {
    response?.on('close', () => socket.destroy())
    return
  }
  if (error.code === 'ECONNRESET' || !socket.writable || response?.headersSent) {
    socket.destroy()
    return
  }
  const statuses: Record<string, ProblemStatus> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }
  const status = statuses[error.code ?? ''] ?? 400
  const { headers, body = '' } = problem(status, 'This is no HTTP request that can be read.')
  const lines = { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' }
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      ...Object.entries(lines).map(([name, value]) => `${name}: ${value}`),
      '',
      body,
    ].join('\r\n'),
  )
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
