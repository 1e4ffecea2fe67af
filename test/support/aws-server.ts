import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A local server that speaks an AWS protocol, and what a test makes it do. */
export type AwsServer = {
  /** What a client needs to reach it: the credentials are no secrets, nobody checks them. */
  client: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } }
  /** The operations that were asked for, refused ones included. */
  operations: string[]
  /** Connections that were opened. */
  connections(): number
  /** Refuses the next requests as AWS does when there are too many. */
  throttle(times: number): void
  /** Does what the next requests ask for, and breaks the connection instead of answering. */
  loseAnswers(times: number): void
  stop(): Promise<void>
}

/** Listens on loopback, on a free port. */
export async function startAwsServer(server: Server): Promise<AwsServer> {
  const serve = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[]
  const operations: string[] = []
  let connections = 0
  let throttled = 0
  let lost = 0
  server.removeAllListeners('request')
  server.on('connection', () => {
    connections += 1
  })
  server.on('request', (request, response) => {
    operations.push(String(request.headers['x-amz-target']).split('.').at(-1) ?? '')
    if (throttled > 0) {
      throttled -= 1
      request.resume()
      response.writeHead(400, { 'content-type': request.headers['content-type'] })
      response.end(JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }))
      return
    }
    if (lost > 0) {
      lost -= 1
      response.end = () => response.destroy()
    }
    for (const listener of serve) listener.call(server, request, response)
  })
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    client: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
    operations,
    connections: () => connections,
    throttle(times) {
      throttled = times
    },
    loseAnswers(times) {
      lost = times
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
