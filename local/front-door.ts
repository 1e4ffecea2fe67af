import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type ProblemStatus, problem } from '../functions/problem.ts'
import { urlHere } from './address.ts'

/** How much of a body that is too long is read and thrown away, so that a client that is still sending reads the answer. */
const drainedBytes = 64 * 1024 * 1024
const drainedFor = 10_000

export type FrontDoor = { url: string; stop(): Promise<void> }

/**
 * Listens for webhooks and hands them to the ingest handler as API Gateway does.
 * @param options.limit bytes; one more of a body is read than this, which is enough for the handler to refuse it
 * @throws when the port is taken or the address isn't this machine's
 */
export async function openFrontDoor({
  ingest,
  host,
  port,
  limit,
}: {
  ingest: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>
  host: string
  port: number
  limit: number
}): Promise<FrontDoor> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, async (request, response) => {
    const body = await read(request, limit)
    if (!body) return
    const { statusCode = 200, headers, body: answer } = await ingest(eventOf(request, body))
    for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, String(value))
    if (!request.complete) drain(request, response)
    response.statusCode = statusCode
    response.end(answer)
  })
  server.on('clientError', refuseMalformed)
  await listening(server, host, port)
  const { port: actual } = server.address() as AddressInfo
  return {
    url: urlHere(host, actual),
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

/** Lets the rest of the body come in unread, within bounds; the connection is of no use after that. */
function drain(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('connection', 'close')
  let drained = 0
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length
    if (drained > drainedBytes) request.destroy()
  })
  const timer = setTimeout(() => request.destroy(), drainedFor)
  request.on('close', () => clearTimeout(timer))
  request.resume()
}

/** What API Gateway would make of the request (payload format 2.0): names in lower case, repeated headers joined. */
function eventOf(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const { method = '', url = '/' } = request
  const mark = url.indexOf('?')
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(',')]),
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
      requestId: 'local',
      routeKey: '$default',
      stage: '$default',
      time: new Date().toISOString(),
      timeEpoch: Date.now(),
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  }
}

/** Bytes that aren't HTTP get a problem too, as far as anybody can still read it. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const statuses: Record<string, ProblemStatus> = {
    HPE_HEADER_OVERFLOW: 431,
    ERR_HTTP_REQUEST_TIMEOUT: 408,
  }
  const {
    status,
    headers,
    body = '',
  } = problem(statuses[error.code ?? ''] ?? 400, 'This is no HTTP request that can be read.')
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' })
  socket.end(
    [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body].join(
      '\r\n',
    ),
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
