import { setTimeout as wait } from 'node:timers/promises'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createDynamoMessageStates } from '../../functions/aws/dynamodb-states.ts'
import { createRotation } from '../../functions/aws/session-rotation.ts'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import { createSecretsManagerSecrets, createSecretsManagerSession } from '../../functions/aws/webhook-secrets.ts'
import { createErp } from '../../functions/erp/client.ts'
import { createLogin } from '../../functions/erp/login.ts'
import { createVerifySession } from '../../functions/erp/verify-session.ts'
import { createIngest } from '../../functions/ingest/ingest.ts'
import type { Log } from '../../functions/ports/ports.ts'
import { bodyLimit } from '../../functions/receive/receive.ts'
import { emptyState, mergeUpdates } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { openWebhookServer } from '../../local/server/http-server.ts'
import { asanaHandshake } from '../sources/asana/sender.ts'
import { run } from '../support/bridge-process.ts'
import { startCloudFormation } from '../support/cloudformation.ts'
import { deliveryUnderTest } from '../support/delivery.ts'
import { startDynamo } from '../support/dynamodb.ts'
import { done, react, reopened, update } from '../support/factories.ts'
import { startLogs } from '../support/logs.ts'
import { startSecretsManager } from '../support/secrets-manager.ts'
import { deadLetterIn, parkedIn } from '../support/set-aside.ts'
import { startSqs } from '../support/sqs.ts'

/** A stack as its outputs tell of it: real adapters on local servers, a front door, and deliver at work behind it. */
async function deployedStack({ isLearning = false } = {}) {
  const [sqs, dynamo, secrets, logs] = await Promise.all([
    startSqs(),
    startDynamo(),
    startSecretsManager(),
    startLogs(),
  ])
  const log: Log = (message, fields) => logs.write('functions', [JSON.stringify({ message, ...fields })])
  const table = await dynamo.createTable()
  const { url, deadLettersUrl } = await sqs.createQueues(10)
  const [, { ARN: sessionId = '' } = {}] = await Promise.all(
    ['webhook-secrets', 'erp-session', 'erp-credentials', 'learned-secrets'].map((Name) =>
      secrets.secretsManager.send(new CreateSecretCommand({ Name, SecretString: '{}' })),
    ),
  )
  const common = { client: secrets.secretsManager, clock: Date.now }
  const states = createDynamoMessageStates({ client: dynamo.dynamo, table })
  const queue = createSqsQueue({ client: sqs.sqs, url })
  const deadLetters = createSqsQueue({ client: sqs.sqs, url: deadLettersUrl })
  const delivery = await deliveryUnderTest({ adapters: () => ({ queue, deadLetters, states }), clock: Date.now, log })
  const session = createSecretsManagerSession({ ...common, secretId: 'erp-session' })
  delivery.dependencies.erp = createErp({ baseUrl: delivery.erp.url, session, clock: Date.now })
  const rotation = createRotation({
    client: secrets.secretsManager,
    sessionId,
    credentialsId: 'erp-credentials',
    login: createLogin({ baseUrl: delivery.erp.url, validSeconds: 86_400, clock: Date.now }),
    trySession: createVerifySession({ baseUrl: delivery.erp.url }),
    clock: Date.now,
    log,
  })
  secrets.rotateWith('erp-session', rotation)
  const stopped = new AbortController()
  const eventSource = (async () => {
    while (!stopped.signal.aborted) {
      await delivery.run()
      await wait(20)
    }
  })()
  const ingest = createIngest({
    sources: new Map([
      ['shop', { name: 'shop', kind: 'generic', authentication: 'hmac' }],
      ['asana', { name: 'asana', kind: 'asana' }],
    ]),
    secrets: createSecretsManagerSecrets({
      ...common,
      secretId: 'webhook-secrets',
      learnedId: 'learned-secrets',
      learners: new Set(['asana']),
    }),
    queue,
    clock: Date.now,
    log,
  })
  const door = await openWebhookServer({ ingest, host: '127.0.0.1', port: 0, limit: bodyLimit })
  onTestFinished(async () => {
    stopped.abort()
    await eventSource
    await Promise.all([door.stop(), sqs.stop(), dynamo.stop(), secrets.stop(), logs.stop()])
  })
  // The SDK calls the host that a queue's URL names, which is none of this machine's.
  const here = (queueUrl: string) => new URL(new URL(queueUrl).pathname, sqs.client.endpoint).href
  const cloudFormation = await startCloudFormation('chatroom-bridge-test', {
    ApiUrl: door.url,
    Sources: isLearning ? 'shop:generic:hmac,asana:asana' : 'shop:generic:hmac',
    ...(isLearning && { LearnedSecretsName: 'learned-secrets' }),
    ErpBaseUrl: delivery.erp.url,
    // Deliver makes PUTs all the same: this is what the commands are told.
    ErpModes: 'ERP_PUT=changes ERP_LISTS=replaced ERP_READ=always DRY_RUN=true',
    WebhookSecretsName: 'webhook-secrets',
    ErpSessionName: 'erp-session',
    ErpCredentialsName: 'erp-credentials',
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
    run(['bin/chatroom-bridge.ts', ...args.split(' '), '--stack=chatroom-bridge-test'], environment, input)
  const greet = (brought: string) => {
    const { method, url: path, headers, body } = asanaHandshake(brought)
    return fetch(`${door.url}${path}`, { method, headers, body: new Uint8Array(body) })
  }
  return { delivery, environment, operate, greet, setErpToken: () => operate('secrets token', 'token\n') }
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
    const probe = await operate('probe --message 42 --yes')
    expect(probe.stdout).toMatch(
      /GET +answered\n[\s\S]*Not everything was found out: DRY_RUN is set, so nothing is written/,
    )
    expect([probe.code, delivery.puts()]).toEqual([1, [{ completed: true }]])
    const story = await operate('trace evt_1 --since 5m')
    expect([story.code, story.stdout]).toEqual([
      0,
      expect.stringMatching(/received: shop was answered 202\n.* attempt for chat message 42: fulfilled, 1 PUT/),
    ])
  })

  it('gives the bridge a user and a password, and hears at once whether the ERP lets it in', async () => {
    const { delivery, operate } = await deployedStack()
    const { sessions } = delivery.erp
    sessions.users.set('anna', 'tip top')
    const refused = await operate('secrets credentials', 'anna\nwrong\n')
    const stderr = 'chatroom-bridge: the ERP refuses user and password: set the right ones\n'
    expect(refused).toEqual({ code: 1, stdout: '', stderr })
    const stdout = 'logged in to the ERP\n'
    expect(await operate('secrets credentials', 'anna\ntip top\n')).toEqual({ code: 0, stdout, stderr: '' })
    expect([sessions.logins, sessions.refusals]).toEqual([1, 1])
    expect((await operate('secrets credentials', 'anna')).stderr).toContain('expected two lines on standard input')
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
    expect([list.code, kinds.get('write')?.length, kinds.get('dead letter')?.length]).toEqual([0, 2, 13])
    const unreadable = items.find(({ reason }) => reason === 'not a queue message')?.id ?? ''
    expect((await operate(`parked show ${unreadable}`)).stdout).toContain('{"version":2}')

    await setErpToken()
    expect(await operate(`parked redrive ${wish}`)).toMatchObject({ code: 0, stdout: '1 redriven\n' })
    const redrive = await operate('parked redrive --reason often')
    expect(redrive).toEqual({ code: 0, stdout: '12 redriven\n', stderr: '' })
    const shown = () => expect(erp.message(42)).toMatchObject({ completed: true, reactions: [{ emoji: '👍' }] })
    await vi.waitFor(shown, { timeout: 10_000, interval: 20 })
    expect(await operate(`parked drop 99 ${unreadable} --yes`)).toMatchObject({ code: 0, stdout: '2 dropped\n' })
    expect((await operate('parked list')).stdout).toBe('Nothing is parked.\n')

    const wanted = toRecord(mergeUpdates(emptyState(), [update(reopened, { messageId: '7' })]), Date.now())
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

  it('forgets a chat message, and says what it can not reach', async () => {
    const { delivery, operate } = await deployedStack()
    const { states, deadLetters } = delivery
    await parkedIn(states, '42', [update(react('👍'))], { reason: 'age', at: Date.now() })
    await deadLetterIn(deadLetters, update(done), update(done, { messageId: '7' }))
    const forget = await operate('forget 42 --yes')
    expect([forget.code, forget.stderr]).toEqual([0, ''])
    expect(forget.stdout).toMatch(/^Chat message 42 is forgotten\.\n.* within 14 days .*\n.* 35 days/)
    expect(await states.load('42')).toBeUndefined()
    const letters = await deadLetters.receive({ max: 9, visibility: 1_000 })
    expect(letters.map(({ body }) => JSON.parse(body).updates)).toMatchObject([[{ messageId: '7' }]])
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

  it('lets a source learn its secret, and sees it', async () => {
    const { operate, greet } = await deployedStack({ isLearning: true })
    const brought = 'a-secret-that-asana-has-made'
    const { stdout } = await operate('secrets learn asana --for 1h')
    expect(stdout).toMatch(/^Create the webhook to http:.*\/webhooks\/asana until /)
    const { status, headers } = await greet(brought)
    expect([status, headers.get('x-hook-secret')]).toEqual([200, brought])
    expect((await greet('a-secret-of-a-stranger')).status).toBe(401)
    expect((await operate('secrets show asana')).stdout).toBe(`${brought}\n`)
  })

  it('is told what is wrong with a stack’s name or a source', async () => {
    const { environment, operate } = await deployedStack()
    const nobody = await run(['bin/chatroom-bridge.ts', 'secrets', 'list', '--stack', 'other'], environment)
    expect([nobody.code, nobody.stderr]).toEqual([
      1,
      expect.stringContaining('there is no stack other in eu-central-1'),
    ])
    expect((await operate('send task.done 42')).stderr).toContain('there is no source generic: shop')
  })
})
