import { createServer, type RequestListener } from 'node:http'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it, onTestFinished } from 'vitest'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { startAwsServer } from '../support/aws-server.ts'

async function clientOf(
  listener: RequestListener,
  settings: Parameters<typeof clientSettings>[0] = { requestTimeout: 300, maxAttempts: 1 },
) {
  const server = await startAwsServer(createServer(listener))
  const client = new SecretsManagerClient({ ...clientSettings(settings), ...server.client })
  onTestFinished(async () => {
    client.destroy()
    await server.stop()
  })
  return { server, ask: () => client.send(new GetSecretValueCommand({ SecretId: 'any' })) }
}

describe('a client with our settings', () => {
  it('gives up a request that is not answered', async () => {
    const { ask } = await clientOf(() => {})
    await expect(ask()).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('gives up a request that is only told to wait', async () => {
    const { ask } = await clientOf((_, response) => {
      const telling = setInterval(() => response.writeProcessing(), 50)
      response.on('close', () => clearInterval(telling))
    })
    await expect(ask()).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('gives up an answer that begins and does not end', async () => {
    const { ask } = await clientOf((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      response.write('{')
    })
    await expect(ask()).rejects.toThrow()
  })

  it('asks again where a request was not answered in time', async () => {
    let requests = 0
    const { ask } = await clientOf(
      (_, response) => {
        requests += 1
        if (requests > 1) response.end('{"SecretString":"one"}')
      },
      { requestTimeout: 1_000, maxAttempts: 2 },
    )
    expect(await ask()).toMatchObject({ SecretString: 'one' })
  })

  it('keeps its connection open for the next request', async () => {
    const { server, ask } = await clientOf((_, response) => response.end('{}'), {})
    for (let time = 0; time < 5; time += 1) await ask()
    expect(server.connections()).toBe(1)
  })

  it('asks again over a new connection where the server broke the one it had kept', async () => {
    const { server, ask } = await clientOf((_, response) => response.end('{}'), {})
    await ask()
    server.loseAnswers(1)
    expect(await ask()).toMatchObject({ $metadata: { attempts: 2 } })
    expect(server.connections()).toBe(2)
  })
})
