import { METHODS, type OutgoingHttpHeaders, request as open, type RequestOptions } from 'node:http'
import { connect } from 'node:net'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'

export type Answer = { status: number; headers: Record<string, string>; body: string }

/** The problem that an answer carries, with what shows that it is one. */
export function problemIn({ status, headers, body }: Answer) {
  return { status, type: headers['content-type'], problem: body.startsWith('{') ? JSON.parse(body).status : body }
}

/** What `problemIn` finds in an answer as it is agreed. */
export function agreedProblem(status: number) {
  return { status, type: 'application/problem+json', problem: status }
}

/**
 * Writes bytes to a connection of its own, and resolves with all that came back when it ends, by whichever side.
 * @param options.thenEnd says that nothing more will come, for bytes that leave a server waiting
 */
export function exchange(port: number, bytes: Uint8Array | string, { thenEnd = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('data', (chunk) => chunks.push(chunk))
    // A server may hang up on nonsense; what it answered before counts.
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
    if (thenEnd) socket.end(bytes)
    else socket.write(bytes)
  })
}

/** The first answer in what came over a connection. */
export function firstAnswer(received: string): Answer {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line) => [line.split(':')[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers), body: rest.join('\r\n\r\n') }
}

/** Every status that came over a connection. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status))
}

/** Sends a request as a client does that reads the answer when it comes. */
export function send(
  port: number,
  {
    body = '',
    headers,
    ...options
  }: Omit<RequestOptions, 'headers'> & { headers?: OutgoingHttpHeaders; body?: Uint8Array | string },
): Promise<Answer & { reusedSocket: boolean }> {
  return new Promise((resolve, reject) => {
    // Node's client leaves the length of a DELETE's body out.
    const sized = { 'content-length': Buffer.byteLength(body), ...headers }
    const request = open({ port, host: '127.0.0.1', method: 'POST', ...options, headers: sized }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          body: Buffer.concat(chunks).toString(),
          reusedSocket: request.reusedSocket,
        }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** Writes a body as long as `total` bytes, piece by piece as the other side takes it. */
export function writeAll(write: (piece: Buffer, taken: () => void) => void, total: number, done: () => void): void {
  const piece = Buffer.alloc(64 * 1024, '[')
  const step = (left: number): void => {
    if (left <= 0) done()
    else write(piece.subarray(0, left), () => step(left - piece.length))
  }
  step(total)
}

/**
 * The bytes of an event's request.
 * @returns with whether they are an HTTP request at all, whatever it asks for
 */
export function bytesOf({
  rawPath,
  rawQueryString,
  headers,
  body,
  isBase64Encoded,
  requestContext,
}: APIGatewayProxyEventV2) {
  const { method } = requestContext.http
  const url = rawQueryString ? `${rawPath}?${rawQueryString}` : rawPath
  const content = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
  const own = { host: 'bridge', connection: 'close', 'content-length': `${content.length}` }
  const lines = Object.entries({ ...own, ...headers }).map(([name, value]) => `${name}: ${value}`)
  const head = Buffer.from(`${[`${method} ${url} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`)
  const isHttp =
    METHODS.includes(method) &&
    method !== 'CONNECT' &&
    /^\/[!-~]*$/.test(url) &&
    Object.entries(headers).every(([name, value]) => /^[a-z0-9-]+$/.test(name) && /^[ -~]*$/.test(value ?? '')) &&
    !Object.keys(headers).some((name) => name in own || ['transfer-encoding', 'expect', 'upgrade'].includes(name))
  return { bytes: Buffer.concat([head, content]), isHttp }
}
