import { setTimeout as wait } from 'node:timers/promises'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createDynamoMessageStates } from '../functions/aws/message-state.ts'
import { createSqsQueue } from '../functions/aws/queue.ts'
import { createSecretsManagerSecrets, createSecretsManagerSession } from '../functions/aws/secrets.ts'
import { emptyState, fold } from '../functions/core/message-state.ts'
import type { Log } from '../functions/core/ports.ts'
import { recordOf } from '../functions/core/schedule.ts'
import { createErp } from '../functions/erp/client.ts'
import { createIngest } from '../functions/ingest.ts'
import { bodyLimit } from '../functions/receive.ts'
import { openFrontDoor } from '../local/front-door.ts'
import { run } from './support/bridge-process.ts'
import { startCloudFormation } from './support/cloudformation.ts'
import { deliveryUnderTest } from './support/delivery.ts'
import { startDynamo } from './support/dynamodb.ts'
import { done, react, reopened, update } from './support/factories.ts'
import { startLogs } from './support/logs.ts'
import { startSecretsManager } from './support/secrets-manager.ts'
import { deadLetterIn, parkedIn } from './support/set-aside.ts'
import { startSqs } from './support/sqs.ts'

/** A stack as its outputs tell of it: real adapters on local servers, a front door, and deliver at work behind it. */
async function deployedStack() {
  const [sqs, dynamo, secrets, logs] = await Promise.all([
    startSqs(),
    startDynamo(),
    startSecretsManager(),
    startLogs(),
  ])
  const log: Log = (message, fields) => logs.write('functions', [JSON.stringify({ message, ...fields })])
  const table = await dynamo.createTable()
  const { url, deadLettersUrl } = await sqs.createQueues(10)
  for (const Name of ['webhook-secrets', 'erp-session']) {
    await secrets.secretsManager.send(new CreateSecretCommand({ Name, SecretString: '{}' }))
  }
  const common = { client: secrets.secretsManager, clock: Date.now }
  const states = createDynamoMessageStates({ client: dynamo.dynamo, table })
  const queue = createSqsQueue({ client: sqs.sqs, url })
  const deadLetters = createSqsQueue({ client: sqs.sqs, url: deadLettersUrl })
  const delivery = await deliveryUnderTest({ adapters: () => ({ queue, deadLetters, states }), clock: Date.now, log })
  const session = createSecretsManagerSession({ ...common, secretId: 'erp-session' })
  delivery.dependencies.erp = createErp({ baseUrl: delivery.erp.url, session, clock: Date.now })
  const stopped = new AbortController()
  const eventSource = (async () => {
    while (!stopped.signal.aborted) {
      await delivery.run()
      await wait(20)
    }
  })()
  const ingest = createIngest({
    sources: new Map([['shop', { name: 'shop', kind: 'generic', authentication: 'hmac' }]]),
    secrets: createSecretsManagerSecrets({ ...common, secretId: 'webhook-secrets' }),
    queue,
    clock: Date.now,
    log,
  })
  const door = await openFrontDoor({ ingest, host: '127.0.0.1', port: 0, limit: bodyLimit })
  onTestFinished(async () => {
    stopped.abort()
    await eventSource
    await Promise.all([door.stop(), sqs.stop(), dynamo.stop(), secrets.stop(), logs.stop()])
  })
  // The SDK calls the host that a queue's URL names, which is none of this machine's.
  const here = (queueUrl: string) => new URL(new URL(queueUrl).pathname, sqs.client.endpoint).href
  const cloudFormation = await startCloudFormation('chatroom-bridge-test', {
    ApiUrl: door.url,
    Sources: 'shop:generic:hmac',
    ErpBaseUrl: delivery.erp.url,
    WebhookSecretsName: 'webhook-secrets',
    ErpSessionName: 'erp-session',
    TableName: table,
    QueueUrl: here(url),
    DeadLettersUrl: here(deadLettersUrl),
    LogGroups: 'functions',
  })
  const environment = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation,
    AWS_ENDPOINT_URL_SQS: sqs.client.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.client.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.client.endpoint,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.client.endpoint,
  }
  const operate = (args: string, input?: string) =>
    run(['bin/operate.ts', ...args.split(' '), '--stack=chatroom-bridge-test'], environment, input)
  return { delivery, environment, operate, setErpToken: () => operate('secrets token', 'token\n') }
}

describe('the operator of a stack', () => {
  it('makes a secret, sets the ERP’s token, sends an event and sees the ERP show it, and what happened to the event', async () => {
    const { delivery, operate } = await deployedStack()
    expect((await operate('secrets list')).stdout).toMatch(/^shop +none: it refuses everything\n$/)
    const { stdout: added } = await operate('secrets add shop')
    expect((await operate('secrets show shop')).stdout).toBe(added)
    expect(await operate('secrets token', 'token\n')).toEqual({ code: 0, stdout: '', stderr: '' })
    const { code, stdout } = await operate('send task.done 42 --source shop --id evt_1')
    expect(stdout).toMatch(/shop ← 202[\s\S]*"completed": true/)
    expect(code).toBe(0)
    expect(delivery.erp.message(42)?.completed).toBe(true)
    const story = await operate('trace evt_1 --since 5m')
    expect([story.code, story.stdout]).toEqual([
      0,
      expect.stringMatching(/received: shop was answered 202\n.* attempt for chat message 42: fulfilled, 1 PUT/),
    ])
  })

  it('lists, shows, redrives and drops what was set aside, and reconciles', async () => {
    const { delivery, operate, setErpToken } = await deployedStack()
    const { states, deadLetters, erp } = delivery
    const parked = { reason: 'refused', at: Date.now(), status: 422, answer: '{"error":"no"}' } as const
    const [wish = ''] = await parkedIn(states, '42', [update(react('👍'))], parked)
    await parkedIn(states, '99', [update(done, { messageId: '99' })], parked)
    for (let count = 0; count < 12; count += 1) await deadLetterIn(deadLetters, update(done))
    await deadLetters.send('{"version":2}', { reason: 'not a queue message' })

    const list = await operate('parked list --json')
    const items = JSON.parse(list.stdout) as { id: string; kind: string; reason: string }[]
    const kinds = Map.groupBy(items, ({ kind }) => kind)
    expect([list.code, kinds.get('wish')?.length, kinds.get('dead letter')?.length]).toEqual([0, 2, 13])
    const unreadable = items.find(({ reason }) => reason === 'not a queue message')?.id ?? ''
    expect((await operate(`parked show ${unreadable}`)).stdout).toContain('{"version":2}')

    await setErpToken()
    expect(await operate(`parked redrive ${wish}`)).toMatchObject({ code: 0, stdout: '1 redriven\n' })
    const redrive = await operate('parked redrive --reason often')
    expect(redrive).toEqual({ code: 0, stdout: '12 redriven\n', stderr: '' })
    const shown = () => expect(erp.message(42)).toMatchObject({ completed: true, reactions: [{ emoji: '👍' }] })
    await vi.waitFor(shown, { timeout: 10_000, interval: 20 })
    expect(await operate(`parked drop 99 ${unreadable} --yes`)).toMatchObject({ code: 0, stdout: '2 dropped\n' })
    expect((await operate('parked list')).stdout).toBe('Nothing is set aside.\n')

    const wanted = recordOf(fold(emptyState(), [update(reopened, { messageId: '7' })]), Date.now())
    await states.save('7', wanted, undefined)
    const reconcile = await operate('reconcile')
    expect([reconcile.code, reconcile.stdout]).toEqual([
      0,
      expect.stringMatching(/^7 +completed .*\n1 attempt sent\n/m),
    ])
    // The ERP has no such chat message, so the attempt parks it.
    await vi.waitFor(async () => expect(await states.parked(9)).toMatchObject([{ messageId: '7' }]), {
      timeout: 10_000,
    })
  })

  it('links objects to chat messages, lists, shows and exports the links, and removes them', async () => {
    const { delivery, operate, setErpToken } = await deployedStack()
    await setErpToken()
    await operate('secrets add shop')
    expect(await operate('links add shop order-7 42')).toEqual({
      code: 0,
      stdout: 'shop order-7 is linked to chat message 42.\n',
      stderr: '',
    })
    await operate('send reaction.added --source shop --object order-7 --actor anna')
    const shown = () => expect(delivery.erp.message(42)?.reactions).toMatchObject([{ emoji: '👍' }])
    await vi.waitFor(shown, { timeout: 10_000, interval: 20 })
    expect((await operate('links show order-7')).stdout).toMatch(
      /^shop order-7\n\n.*\n42 +yes [\s\S]* anna .* reaction 👍 /,
    )

    const lines = Array.from({ length: 250 }, (_, index) => `shop,"card, ${index}",42\r\n`)
    const file = `source,object,message\r\n${lines.join('')}`
    expect(await operate('links import -', file)).toEqual({ code: 0, stdout: '250 links queued\n', stderr: '' })
    const linked = async () => expect(await delivery.states.linked(1_000)).toHaveLength(251)
    await vi.waitFor(linked, { timeout: 20_000, interval: 50 })
    const { stdout: exported } = await operate('links export')
    expect(exported.split('\r\n').sort()).toEqual(`${file}shop,order-7,42\r\n`.split('\r\n').sort())
    expect((await operate('links import -', file)).stdout).toBe('0 links queued, 250 there already\n')

    expect((await operate('links remove shop order-7 42')).stdout).toBe(
      'shop order-7 is no longer linked to chat message 42.\n',
    )
    const list = JSON.parse((await operate('links list --json')).stdout) as { object: string }[]
    expect([list.length, list.some(({ object }) => object === 'order-7')]).toEqual([250, false])
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
