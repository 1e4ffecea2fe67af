import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDynamoMessageStates } from '../functions/aws/message-state.ts'
import { createSecretsManagerSecrets, createSecretsManagerSession } from '../functions/aws/secrets.ts'
import type { Queue } from '../functions/core/ports.ts'
import { createErp } from '../functions/erp/client.ts'
import { createIngest } from '../functions/ingest.ts'
import { bodyLimit } from '../functions/receive.ts'
import { openFrontDoor } from '../local/front-door.ts'
import { run } from './support/bridge-process.ts'
import { startCloudFormation } from './support/cloudformation.ts'
import { deliveryUnderTest, record } from './support/delivery.ts'
import { startDynamo } from './support/dynamodb.ts'
import { startSecretsManager } from './support/secrets-manager.ts'

const log = () => {}

/** A stack as its outputs tell of it: real adapters on local servers, a front door, and deliver at work behind it. */
async function deployedStack() {
  const [dynamo, secrets] = await Promise.all([startDynamo(), startSecretsManager()])
  const table = await dynamo.createTable()
  for (const Name of ['webhook-secrets', 'erp-session']) {
    await secrets.secretsManager.send(new CreateSecretCommand({ Name, SecretString: '{}' }))
  }
  const common = { client: secrets.secretsManager, clock: Date.now }
  const states = createDynamoMessageStates({ client: dynamo.dynamo, table })
  const delivery = await deliveryUnderTest({ states, clock: Date.now })
  const session = createSecretsManagerSession({ ...common, secretId: 'erp-session' })
  delivery.dependencies.erp = createErp({ baseUrl: delivery.erp.url, session, clock: Date.now })
  const queue: Pick<Queue, 'send'> = {
    async send(body) {
      setImmediate(() => void delivery.deliver({ Records: [record(body)] }))
    },
  }
  const ingest = createIngest({
    sources: new Map([['shop', { name: 'shop', kind: 'generic', authentication: 'hmac' }]]),
    secrets: createSecretsManagerSecrets({ ...common, secretId: 'webhook-secrets' }),
    queue,
    clock: Date.now,
    log,
  })
  const door = await openFrontDoor({ ingest, host: '127.0.0.1', port: 0, limit: bodyLimit })
  onTestFinished(async () => {
    await Promise.all([door.stop(), dynamo.stop(), secrets.stop()])
  })
  const cloudFormation = await startCloudFormation('chatroom-bridge-test', {
    ApiUrl: door.url,
    Sources: 'shop:generic:hmac',
    ErpBaseUrl: delivery.erp.url,
    WebhookSecretsName: 'webhook-secrets',
    ErpSessionName: 'erp-session',
    TableName: table,
    QueueUrl: 'http://127.0.0.1/events',
    DeadLettersUrl: 'http://127.0.0.1/dead',
  })
  const environment = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.client.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.client.endpoint,
  }
  const operate = (args: string, input?: string) =>
    run(['bin/operate.ts', ...args.split(' '), '--stack=chatroom-bridge-test'], environment, input)
  return { delivery, environment, operate }
}

describe('the operator of a stack', () => {
  it('makes a secret, sets the ERP’s token, sends an event and sees the ERP show it', async () => {
    const { delivery, operate } = await deployedStack()
    expect((await operate('secrets list')).stdout).toMatch(/^shop +none: it refuses everything\n$/)
    const { stdout: added } = await operate('secrets add shop')
    expect((await operate('secrets show shop')).stdout).toBe(added)
    expect(await operate('secrets token', 'token\n')).toEqual({ code: 0, stdout: '', stderr: '' })
    const { code, stdout } = await operate('send task.done 42 --source shop')
    expect(stdout).toMatch(/shop ← 202[\s\S]*"completed": true/)
    expect(code).toBe(0)
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('is told what is wrong with a stack’s name or a source', async () => {
    const { environment, operate } = await deployedStack()
    const nobody = await run(['bin/operate.ts', 'secrets', 'list', '--stack', 'other'], environment)
    expect([nobody.code, nobody.stderr]).toEqual([
      1,
      expect.stringContaining('there is no stack other in eu-central-1'),
    ])
    expect((await operate('send task.done 42')).stderr).toContain('there is no source generic: shop')
  })
})
