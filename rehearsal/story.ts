import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { GetQueueAttributesCommand, PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { createSqsQueue } from '../functions/aws/sqs-queue.ts'
import type { MessageStates } from '../functions/ports/ports.ts'
import { type MessageState, readState } from '../functions/state/message/message-state.ts'
import type { Deployment } from './deployment.ts'
import type { RehearsalErp } from './erp.ts'
import { expect, expectWithin } from './expect.ts'
import { createSqsClient, dataOf, remove, stillThere } from './leftovers.ts'
import { type Answer, post, type Sender } from './webhooks.ts'

/** Does one thing and tells how long it took. */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** What a rehearsal has. */
export type Scene = {
  erp: RehearsalErp
  region: string
  /** The ARN of a key in KMS. */
  key: string
  /** Seconds that it takes to empty a queue, and until sweep must have found what lost its attempt. */
  times: { purge: number; sweep: number }
  /** Two stages of the bridge that are to be side by side. */
  production: Deployment
  test: Deployment
}

/** Sources of the first deploy, and of the second. */
export const sources = { generic: { kind: 'generic' }, github: { kind: 'github' } }
const moreSources = { ...sources, shop: { kind: 'generic', authentication: 'hmac' } }

/** Seconds until something shows where nothing is in its way; a function that is called for the first time takes some. */
const soon = 30
/** Seconds until an attempt that had to be delayed a few times shows. */
const later = 90

/** The life of two stages, from their first deploy to their end. */
export async function rehearse(scene: Scene, step: Step): Promise<void> {
  const { production } = scene
  await step('npx cdk deploy', () => production.deploy())
  await step('the queue is encrypted and sends to the dead letters what was received too often', () => redrive(scene))
  await step('nothing is accepted before there is a secret, and nothing unsigned after that', () => secrets(scene))
  await step('npx chatroom-bridge send', () => sendByCommand(scene))
  await step('webhooks signed in each way arrive at the ERP', () => everyWay(scene))
  await step('npx chatroom-bridge trace finds an event in the functions’ logs, and tells where it went', () =>
    trace(scene),
  )
  await step('what happens to an object arrives by its links', () => links(scene))
  await step('an attempt that gets lost, for sweep to find', () => loseAttempt(scene))
  await step('a failing ERP gets delayed attempts, and shows all once it is back', () => outage(scene))
  await step('what the ERP refuses is parked, and what can’t be read is a dead letter', () => setAside(scene))
  await step('an operator redrives the one and drops the other', () => decide(scene))
  await step('sources and limits change with events in flight, and nothing is lost', () => update(scene))
  await step('a second stage stands beside it, encrypted with a key of one’s own', () => secondStage(scene))
  await step('npx cdk destroy of a test stage leaves nothing, and the other stage alone', () => endOfTest(scene))
  await step('sweep has found the lost attempt', () => shows(scene, [lostMessage], scene.times.sweep))
  await step('npx cdk destroy of a production stage is refused, and then leaves its data', () => endOfProduction(scene))
}

async function redrive({ production, region }: Scene): Promise<void> {
  const { events, deadLetters } = await queuesOf(production, region)
  const { Attributes = {} } = await events.client.send(
    new GetQueueAttributesCommand({ QueueUrl: events.url, AttributeNames: ['All'] }),
  )
  const policy = JSON.parse(Attributes['RedrivePolicy'] ?? '{}')
  const isRight =
    policy.maxReceiveCount === 10 && deadLetters.url.endsWith(policy.deadLetterTargetArn?.split(':').at(-1))
  expect(isRight, 'a redrive policy of 10 receives to the dead letters', policy)
  expect(Attributes['SqsManagedSseEnabled'] === 'true', 'encryption', Attributes)
}

async function secrets({ production, erp }: Scene): Promise<void> {
  const { url } = await production.open()
  const nobody: Sender = {
    kind: 'generic',
    authentication: 'bearer',
    url: `${url}/webhooks/generic`,
    secret: 'guessed',
  }
  answered(await post(nobody, { messageId: 1 }), 401)
  for (const name of Object.keys(sources)) await production.operate(`secrets add ${name}`)
  await production.operate('secrets token', erp.token)
  answered(await post(nobody, { messageId: 1 }), 401)
  const sender = await senderOf(production, 'generic')
  await expectWithin(soon, 'the new secret to be known', async () => {
    const answer = await post(sender, { messageId: 1 })
    return [answer.status === 202, answer]
  })
  const { status } = await fetch(`${url}/health`)
  expect(status === 200, '200 for GET /health', status)
}

async function sendByCommand({ production }: Scene): Promise<void> {
  for (const [index, name] of Object.keys(sources).entries()) {
    const said = await production.operate(`send task.done ${2 + index} --source ${name}`)
    expect(/← 202[\s\S]*"completed": true/.test(said), 'the answer 202, and the completed chat message', said)
  }
}

async function everyWay(scene: Scene): Promise<void> {
  const any = await senderOf(scene.production, 'generic')
  const github = await senderOf(scene.production, 'github')
  answered(await post(any, { messageId: 10 }), 202)
  answered(await post({ ...any, authentication: 'hmac' }, { messageId: 11 }), 202)
  answered(await post({ ...any, authentication: 'bearer' }, { messageId: 12 }), 202)
  answered(await post(any, {}, '/13'), 202)
  answered(await post(github, { messageId: '14' }), 202)
  answered(await post({ ...any, secret: github.secret }, { messageId: 15 }), 401)
  await shows(scene, [10, 11, 12, 13, 14])
  expect(scene.erp.message(15)?.completed === false, 'nothing of a webhook with another source’s signature', 15)
}

/** Shows lines as the functions wrote them, and what `trace` makes of them. */
async function trace(scene: Scene): Promise<void> {
  const { production } = scene
  const sender = await senderOf(production, 'generic')
  const id = 'rehearsal-event'
  answered(await post(sender, { id, messageId: 18 }), 202)
  await shows(scene, [18])
  const { log } = await production.open()
  const lines = await expectWithin(later, 'a line for the webhook, and one for the attempt', async () => {
    // The emulator reads a line that comes a little late only when it calls that function again.
    answered(await post(sender, { messageId: undefined, object: 'ticket/6' }), 202)
    const found = await log.find({ texts: [id, '"messageId":"18"'], since: Date.now() - 3600_000 })
    return [['webhook', 'attempt'].every((message) => found.some((line) => line.message === message)), found]
  })
  const said = await production.operate(`trace ${id}`)
  const isTold = said.includes('attempt for chat message 18: fulfilled') && said.includes('the ERP shows it')
  expect(isTold, 'the attempt, and that the ERP shows it', said)
  for (const { at: _, ...line } of lines) console.log(`    ${JSON.stringify(line)}`)
  console.log(said.trimEnd().replaceAll(/^/gm, '    '))
}

/** What happened to an object waits for a link, and one that is linked is told at once. */
async function links(scene: Scene): Promise<void> {
  const sender = await senderOf(scene.production, 'generic')
  const object = { messageId: undefined, object: 'ticket/7' }
  answered(await post(sender, object), 202)
  answered(await post(sender, { ...object, type: 'react', emoji: '🎉' }), 202)
  answered(await post(sender, { ...object, type: 'link.added', messageId: '16' }), 202)
  await shows(scene, [16])
  await scene.production.operate('links add generic ticket/8 17')
  answered(await post(sender, { ...object, object: 'ticket/8' }), 202)
  await shows(scene, [17])
  const said = await scene.production.operate('links list')
  expect(said.includes('ticket/7') && said.includes('ticket/8'), 'both links in the list', said)
}

const lostMessage = 20

async function loseAttempt(scene: Scene): Promise<void> {
  const { production, erp, region, times } = scene
  const { states } = await production.open()
  // Long enough for the attempt to be still on the queue when that is emptied.
  erp.fault = () => ({ kind: 'status', status: 503, headers: { 'retry-after': '8' } })
  answered(await post(await senderOf(production, 'generic'), { messageId: lostMessage }), 202)
  await expectWithin(soon, 'a scheduled attempt', async () => {
    const state = await stateOf(states, lostMessage)
    return [state?.scheduledAt !== undefined && state.lease === undefined, state]
  })
  const { events } = await queuesOf(production, region)
  await events.client.send(new PurgeQueueCommand({ QueueUrl: events.url }))
  await wait(times.purge * 1000)
  erp.fault = undefined
}

async function outage(scene: Scene): Promise<void> {
  const { production, erp } = scene
  const sender = await senderOf(production, 'generic')
  const asked = () => erp.requests.filter(({ url }) => url.endsWith('/30'))
  erp.fault = () => ({ kind: 'status', status: 503 })
  for (const type of ['task.done', 'task.reopened', 'task.done']) {
    answered(await post(sender, { type, messageId: 30 }), 202)
  }
  answered(await post(sender, { type: 'react', emoji: '🎉', messageId: 30 }), 202)
  await expectWithin(later, 'three attempts', () => [asked().length >= 3, asked().length])
  const before = asked().length
  erp.fault = undefined
  await shows(scene, [30], later)
  const puts = asked()
    .slice(before)
    .filter(({ method }) => method === 'PUT')
  expect(
    puts.length === 1,
    'one PUT for all that had come',
    puts.map(({ body }) => body),
  )
  expect(erp.message(30)?.reactions[0]?.emoji === '🎉', 'the reaction too', erp.message(30))
}

/** Parks a reaction and makes a dead letter: what an operator then has to decide about. */
async function setAside(scene: Scene): Promise<void> {
  const { production, erp, region } = scene
  const sender = await senderOf(production, 'generic')
  const { states } = await production.open()
  erp.fault = ({ method, body }) =>
    method === 'PUT' && body.includes('💥')
      ? { kind: 'status', status: 422, body: '{"error":"no such emoji"}' }
      : undefined
  answered(await post(sender, { type: 'react', emoji: '💥', messageId: 35 }), 202)
  answered(await post(sender, { messageId: 35 }), 202)
  await shows(scene, [35], later)
  const parked = async () => {
    const { registers = {} } = (await stateOf(states, 35)) ?? {}
    return Object.values(registers).flatMap(({ writes }) => writes.flatMap((write) => write.parked ?? []))
  }
  await expectWithin(soon, 'the reaction parked with the ERP’s answer', async () => {
    const found = await parked()
    return [found.some(({ status, answer }) => status === 422 && answer?.includes('no such emoji')), found]
  })
  erp.fault = undefined

  const { events, deadLetters } = await queuesOf(production, region)
  await events.client.send(new SendMessageCommand({ QueueUrl: events.url, MessageBody: '{"version":"unknown"}' }))
  await expectWithin(soon, 'a dead letter with its reason', async () => {
    const [letter] = await createSqsQueue(deadLetters).receive({ max: 1, visibility: 1_000 })
    return [letter?.body === '{"version":"unknown"}' && letter.reason !== undefined, letter]
  })
}

/** What an operator does about it, by the project's own commands. */
async function decide(scene: Scene): Promise<void> {
  const { production } = scene
  const list = async () => JSON.parse(await production.operate('parked list --json')) as { id: string }[]
  const waiting = await expectWithin(soon, 'a parked wish and a dead letter in the list', async () => {
    const found = await list()
    return [found.length === 2, found]
  })
  const [letter = ''] = waiting.flatMap(({ id }) => (id.startsWith('dead:') ? [id] : []))
  await production.operate('parked redrive --reason 422')
  await production.operate(`parked drop ${letter} --yes`)
  // The ERP takes it now.
  await expectWithin(later, 'the reaction that was redriven, and nothing left to decide', async () => {
    const reactions = scene.erp.message(35)?.reactions.map(({ emoji }) => emoji) ?? []
    return [reactions.includes('💥') && (await list()).length === 0, { reactions }]
  })
  await production.operate('reconcile')
}

async function update(scene: Scene): Promise<void> {
  const { production, erp } = scene
  const sender = await senderOf(production, 'generic')
  const before = await dataOf(production)
  const accepted: number[] = []
  const flow = { isOn: true, messageId: 40 }
  const flowing = (async () => {
    for (; flow.isOn; await wait(200)) {
      const messageId = flow.messageId + (accepted.length % 40)
      // Whoever sends a webhook that isn't accepted sends it again.
      if ((await post(sender, { messageId })).status === 202) accepted.push(messageId)
    }
  })()
  erp.latency = 300
  try {
    await production.deploy({
      SOURCES: moreSources,
      TAGS: { team: 'office' },
      MAX_AGE: 8,
      MAX_CONCURRENCY: 5,
      BATCH_SIZE: 5,
      THROTTLE_RATE: 60,
    })
  } finally {
    flow.isOn = false
    await flowing
    erp.latency = 0
  }
  expect(accepted.length > 0, 'events while the stack changes', accepted)
  await shows(scene, [...new Set(accepted)], later)
  const after = await dataOf(production)
  expect(isDeepStrictEqual(after, before), `the same table, queues and secrets, ${JSON.stringify(before)}`, after)
  await production.operate('secrets add shop')
  answered(await post(await senderOf(production, 'shop'), { messageId: 90 }), 202)
  answered(await post(sender, { messageId: 91 }), 202)
  await shows(scene, [90, 91])
}

async function secondStage(scene: Scene): Promise<void> {
  const { production, test, erp, key, region } = scene
  await test.deploy({ KMS_KEY_ARN: key })
  await test.operate('secrets add generic')
  await test.operate('secrets token', erp.token)
  const sender = await senderOf(test, 'generic')
  const { events } = await queuesOf(test, region)
  const { Attributes = {} } = await events.client.send(
    new GetQueueAttributesCommand({ QueueUrl: events.url, AttributeNames: ['All'] }),
  )
  expect(Attributes['KmsMasterKeyId'] === key, `a queue with the key ${key}`, Attributes)
  answered(await post(sender, { messageId: 100 }), 202)
  answered(await post({ ...sender, secret: (await senderOf(production, 'generic')).secret }, { messageId: 101 }), 401)
  await shows(scene, [100])
}

async function endOfTest(scene: Scene): Promise<void> {
  const { production, test, region } = scene
  const data = await dataOf(test)
  const { isDead, said } = await test.destroy()
  expect(isDead, 'the test stage to be gone', said)
  const left = await expectWithin(later, 'nothing of its data', async () => {
    const found = await stillThere(data, region)
    return [Object.values(found).flat().length === 0, found]
  })
  expect(Object.values(left).flat().length === 0, 'nothing of its data', left)
  answered(await post(await senderOf(production, 'generic'), { messageId: 102 }), 202)
  await shows(scene, [102])
}

async function endOfProduction({ production, region }: Scene): Promise<void> {
  const data = await dataOf(production)
  const refused = await production.destroy()
  expect(!refused.isDead, 'a production stage not to go by cdk destroy alone', refused.said)
  await production.unprotect()
  try {
    const { isDead, said } = await production.destroy()
    expect(isDead, 'the production stage to go once it isn’t protected', said)
    const left = await stillThere(data, region)
    expect(isDeepStrictEqual(left, data), `its table, queues and secrets to stay, ${JSON.stringify(data)}`, left)
  } finally {
    await remove(data, region)
  }
}

/** Waits until the ERP shows chat messages as completed. */
async function shows({ erp }: Scene, messages: number[], seconds = soon): Promise<void> {
  await expectWithin(seconds, 'the ERP to show all chat messages as completed', () => {
    const missing = messages.filter((message) => !erp.message(message)?.completed)
    return [missing.length === 0, { missing }]
  })
}

function answered({ status, body }: Answer, expected: number): void {
  expect(status === expected, `the answer ${expected}`, { status, body })
}

/** A source of a stage, with the secret that is stored there. */
async function senderOf(deployment: Deployment, name: string): Promise<Sender> {
  const { url, sources: all, secrets } = await deployment.open()
  const [source, [secret]] = [all.get(name), await secrets.of(name)]
  if (!source || !secret) throw new Error(`expected a source ${name} with a secret, found ${[...all.keys()]}`)
  return { ...source, url: `${url}/webhooks/${name}`, secret }
}

async function queuesOf(deployment: Deployment, region: string) {
  const client = createSqsClient(region)
  const urls = await deployment.parts('AWS::SQS::Queue')
  const queue = (end: string) => ({ client, url: urls.find((url) => url.endsWith(end)) ?? '' })
  return { events: queue('-events'), deadLetters: queue('-dead-letters') }
}

async function stateOf(states: MessageStates, messageId: number): Promise<MessageState | undefined> {
  const stored = await states.load(String(messageId))
  const read = stored && readState(stored.body)
  return read && 'state' in read ? read.state : undefined
}
