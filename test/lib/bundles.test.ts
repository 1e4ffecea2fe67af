import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { App } from 'aws-cdk-lib'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import cdk from '../../cdk.json' with { type: 'json' }
import { createDynamoMessageStates } from '../../functions/aws/dynamodb-states.ts'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import { createSecretsManagerSecrets } from '../../functions/aws/webhook-secrets.ts'
import { readSettings } from '../../functions/settings/settings.ts'
import { BridgeStack } from '../../lib/bridge-stack.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { startAsana } from '../sources/asana/api-server.ts'
import { asanaHandshake, asanaWebhook } from '../sources/asana/sender.ts'
import { notionHandshake, notionWebhook } from '../sources/notion/sender.ts'
import { callback, reaction, slackWebhook } from '../sources/slack/sender.ts'
import { apiEvent } from '../support/api-event.ts'
import { chatMessage, record } from '../support/delivery.ts'
import { startDynamo } from '../support/dynamodb.ts'
import { webhook } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type Lambda, startLambda } from '../support/lambda.ts'
import { startSecretsManager } from '../support/secrets-manager.ts'
import { startSqs } from '../support/sqs.ts'

/** KB that a bundle may have: what Lambda loads at every cold start. */
const budget = 600

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const bundles: Record<string, string> = {}
const kinds = ['generic', 'slack', 'asana', 'notion']

type Template = { Resources: Record<string, { Type: string; Properties: { Code: { S3Key: string } } }> }

describe('the bundles that would be deployed', () => {
  const outdir = temporaryFolder({ forAllTests: true })
  beforeAll(() => {
    const app = new App({ outdir, context: cdk.context })
    const { ERP_BASE_URL, SOURCES } = cdk.context
    const settings = readSettings({ ERP_BASE_URL, SOURCES, ERP_LOGIN: true }, 'AWS')
    const stack = new BridgeStack(app, 'chatroom-bridge-test', { settings, env: { region: 'eu-central-1' } })
    const { Resources } = app.synth().getStackByName(stack.stackName).template as Template
    for (const [id, { Type, Properties }] of Object.entries(Resources)) {
      if (Type !== 'AWS::Lambda::Function') continue
      const [name = ''] = /^(Ingest|Deliver|Login|Sweep)/.exec(id) ?? []
      bundles[name] = join(outdir, `asset.${Properties.Code.S3Key.replace('.zip', '')}`, 'index.mjs')
    }
  })

  it('stay within their budget', () => {
    const sizes = Object.entries(bundles).map(([name, path]) => [name, Math.round(statSync(path).size / 1024)] as const)
    console.log(`bundles: ${sizes.map(([name, size]) => `${name} ${size} KB`).join(', ')} of ${budget} KB`)
    expect(sizes.map(([name]) => name).sort()).toEqual(['Deliver', 'Ingest', 'Login', 'Sweep'])
    for (const [, size] of sizes) expect(size).toBeLessThanOrEqual(budget)
  })

  it('bring a webhook over a queue on the wire into the ERP, and an outage ends in one PUT', async () => {
    const { ingest, source, erp } = await deployed()
    const send = (event: object) => ingest(apiEvent(webhook(event)))

    expect(await send({ id: 'e1', type: 'task.done', messageId: 42 })).toMatchObject({ statusCode: 202 })
    await source.run(() => erp.message(42)?.completed === true)
    expect(erp.requests.at(-1)?.headers['x-session-token']).toBe('token')

    erp.fault = () => ({ kind: 'status', status: 503, headers: { 'retry-after': '1' } })
    const asked = erp.requests.length
    for (let index = 0; index < 20; index += 1) {
      await send({ id: `r${index}`, type: index % 2 ? 'task.done' : 'task.reopened', messageId: 42 })
    }
    await send({ id: 'r', type: 'react', emoji: '👍🏽', messageId: 42 })
    await send({ id: 'last', type: 'task.reopened', messageId: 42 })
    await source.run(() => erp.requests.length >= asked + 2)
    erp.fault = undefined
    const begin = erp.requests.length
    await source.run(() => erp.message(42)?.completed === false)
    expect(erp.message(42)?.reactions).toMatchObject([{ emoji: '👍🏽' }])
    expect(erp.requests.slice(begin).filter(({ method }) => method === 'PUT')).toHaveLength(1)
  })

  it('renew a session that the ERP ends, by the rotation that deliver asks for', async () => {
    const { ingest, source, erp } = await deployed()
    const send = (type: string) => ingest(apiEvent(webhook({ type, messageId: 42 })))
    // The key is refused from the beginning: what was stored is replaced by a login.
    erp.fault = ({ headers }) => (headers['x-session-token'] === 'token' ? { kind: 'status', status: 401 } : undefined)
    expect(await send('task.done')).toMatchObject({ statusCode: 202 })
    await source.run(() => erp.message(42)?.completed === true)
    expect(erp.sessions.logins).toBe(1)
    expect(erp.sessions.isValid(erp.requests.at(-1)?.headers['x-session-token'])).toBe(true)
  })

  it('know the names of emojis, which are loaded when they are first needed', async () => {
    const { ingest } = await deployed()
    const timestamp = `${Math.floor(Date.now() / 1000)}`
    const answer = await ingest(apiEvent(slackWebhook(callback(reaction()), { key: secret, timestamp })))
    expect(answer).toMatchObject({ statusCode: 202, body: expect.stringContaining('reaction.added') })
  })

  it('refuse what is not signed with a secret that Secrets Manager has', async () => {
    const { ingest } = await deployed()
    const headers = { authorization: 'Bearer other' }
    expect(await ingest(apiEvent(webhook({ type: 'task.done', messageId: 42 }, { headers })))).toMatchObject({
      statusCode: 401,
    })
  })

  it('learn the secret that a handshake brings where an operator opened a window, and verify by it at once', async () => {
    const { ingest, learning } = await deployed()
    const brought = 'a-secret-that-notion-has-made'
    await learning.openWindow('notion', Date.now() + 60_000, Date.now())
    expect(await ingest(apiEvent(notionHandshake(brought)))).toMatchObject({ statusCode: 200 })
    expect(await ingest(apiEvent(notionWebhook({ id: 'e', type: 'page.created' }, { key: brought })))).toMatchObject({
      statusCode: 200,
    })
    expect(await ingest(apiEvent(asanaHandshake(brought)))).toMatchObject({ statusCode: 401 })
    expect([await learning.of('notion'), await learning.of('asana')]).toEqual([[brought], []])
  })

  it('ask Asana with the token that Secrets Manager has', async () => {
    const asana = await startAsana({ token: 'pat' })
    const { ingest, source, erp } = await deployed({ lookUps: true, apiUrl: asana.url })
    const events = [asana.add('7', { notes: 'chatroom_message/42' }), asana.complete('7')]
    expect(await ingest(apiEvent(asanaWebhook({ events })))).toMatchObject({ statusCode: 202 })
    await source.run(() => erp.message(42)?.completed === true)
    expect(asana.requests).toHaveLength(1)
  })

  it('sweep up what lost its attempt', async () => {
    const { sweep, states, queue } = await deployed()
    const overdue = Date.now() - 3600_000
    await states.save('42', { body: '{}', sweepAt: overdue }, undefined)
    expect(await sweep({})).toEqual({ attempts: 1 })
    const [attempt] = await queue.receive({ max: 1, visibility: 1_000 })
    expect(JSON.parse(attempt?.body ?? '')).toMatchObject({ kind: 'attempt', messageId: '42' })
  })
})

/** The bundles with everything around them that AWS would be, and an ERP. */
async function deployed(asked: { lookUps?: boolean; apiUrl?: string } = {}) {
  const [sqs, dynamo, secrets] = await Promise.all([startSqs(), startDynamo(), startSecretsManager()])
  const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token', users: { anna: 'tiptop' } })
  onTestFinished(() => Promise.all([sqs.stop(), dynamo.stop(), secrets.stop(), erp.stop()]).then(() => {}))
  const { url, deadLettersUrl } = await sqs.createQueues(10)
  const table = await dynamo.createTable()
  const store = (Name: string, value: unknown) =>
    secrets.secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
  await store('webhook-secrets', { generic: [secret], slack: [secret], ...(asked.lookUps && { asana: [secret] }) })
  const { ARN: session = '' } = await store('erp-session', { token: 'token' })
  await store('erp-credentials', { username: 'anna', password: 'tiptop' })
  await store('learned-secrets', {})
  await store('api-tokens', { asana: 'pat' })

  const endpoints = {
    AWS_ENDPOINT_URL_SQS: sqs.client.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.client.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.client.endpoint,
  }
  // The SDK calls the host that a queue's URL names, which is none of this machine's.
  const here = (queueUrl: string) => new URL(new URL(queueUrl).pathname, sqs.client.endpoint).href
  const common = { ...endpoints, POWERTOOLS_SERVICE_NAME: 'test', QUEUE_URL: here(url), TABLE_NAME: table }
  const asana = { asana: { kind: 'asana', ...asked } }
  const [ingest, deliver, sweep, login] = await Promise.all([
    startLambda<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(bundles['Ingest'] ?? '', {
      ...common,
      WEBHOOK_SECRETS_ID: 'webhook-secrets',
      LEARNED_SECRETS_ID: 'learned-secrets',
      SOURCES: JSON.stringify({ ...Object.fromEntries(kinds.map((kind) => [kind, { kind }])), ...asana }),
    }),
    startLambda<SQSEvent, SQSBatchResponse>(bundles['Deliver'] ?? '', {
      ...common,
      DEAD_LETTERS_URL: here(deadLettersUrl),
      ERP_SESSION_ID: 'erp-session',
      ERP_LOGIN: 'true',
      ERP_BASE_URL: erp.url,
      ERP_PUT: 'changes',
      ERP_LISTS: 'replaced',
      ERP_READ: 'always',
      DRY_RUN: 'false',
      ERP_LOST_ANSWER_WAIT: '60',
      PUT_SPACING: '500',
      MAX_AGE: '7',
      ...(asked.lookUps && { SOURCES: JSON.stringify(asana), API_TOKENS_ID: 'api-tokens' }),
    }),
    startLambda<object, { attempts: number }>(bundles['Sweep'] ?? '', common),
    startLambda<object, void>(bundles['Login'] ?? '', {
      POWERTOOLS_SERVICE_NAME: 'test',
      ...endpoints,
      ERP_SESSION_ID: session,
      ERP_CREDENTIALS_ID: 'erp-credentials',
      ERP_BASE_URL: erp.url,
      ERP_READ: 'always',
      ERP_LOGIN_VALID_SECONDS: '86400',
    }),
  ])
  secrets.rotateWith('erp-session', login)
  const queue = createSqsQueue({ client: sqs.sqs, url })
  const states = createDynamoMessageStates({ client: dynamo.dynamo, table })
  const learning = createSecretsManagerSecrets({
    client: secrets.secretsManager,
    secretId: 'webhook-secrets',
    learnedId: 'learned-secrets',
  })
  return { ingest, sweep, learning, erp, queue, states, source: eventSource(queue, deliver) }
}

/** What Lambda's event source mapping does: batches to deliver, and what succeeded off the queue. */
function eventSource(queue: ReturnType<typeof createSqsQueue>, deliver: Lambda<SQSEvent, SQSBatchResponse>) {
  return {
    async run(until: () => boolean): Promise<void> {
      for (const end = Date.now() + 20_000; !until(); await wait(20)) {
        if (Date.now() > end) throw new Error('not within 20 s')
        const messages = await queue.receive({ max: 10, visibility: 600_000 })
        if (messages.length === 0) continue
        const { batchItemFailures } = await deliver({ Records: messages.map(({ id, body }) => record(body, id)) })
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
        await Promise.all(messages.filter(({ id }) => !failed.has(id)).map(({ receipt }) => queue.remove(receipt)))
      }
    },
  }
}
