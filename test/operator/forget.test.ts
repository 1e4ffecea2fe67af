import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDynamoMessageStates } from '../../functions/aws/dynamodb-states.ts'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import type { MessageStates } from '../../functions/ports/ports.ts'
import { readSettings } from '../../functions/settings/settings.ts'
import { emptyState, mergeUpdates } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { emptyObject, mergeObject, objectKey, toObjectRecord } from '../../functions/state/object/object-state.ts'
import {
  encode,
  type QueuedLink,
  type QueuedLookup,
  type QueuedObjectUpdate,
  type QueuedUpdate,
  updatesMessage,
} from '../../functions/state/queue-message.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import type { BridgeAccess } from '../../operator/open/bridge.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { startBridgeHere } from '../support/bridge-here.ts'
import type { OpenBridge } from '../support/cli.ts'
import { cliCommand } from '../support/cli.ts'
import { chatMessage, deliveryUnderTest } from '../support/delivery.ts'
import { startDynamo } from '../support/dynamodb.ts'
import { at, done, react, reopened, update } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { post, until } from '../support/post.ts'
import { dataIn, parkedIn } from '../support/set-aside.ts'
import { startSqs } from '../support/sqs.ts'
import { testTerminal } from '../support/terminal.ts'

const forgetCommand = cliCommand('forget')

/** What nobody is to find again. */
const confidential = 'Mein Konto ist DE02 1203 0000 0000 2020 51'
const text = { kind: 'text', text: confidential } as const
const refused = { reason: 'refused', status: 422, answer: confidential } as const

type HomeOfRecords = Pick<BridgeAccess, 'states' | 'queue' | 'deadLetters' | 'queued'>

async function forgetIn(open: OpenBridge, args: string, terminal = testTerminal()) {
  const code = await forgetCommand(args.split(' '), open, terminal)
  return { code, stdout: terminal.printed(), stderr: terminal.warned() }
}

/** The data of a bridge on one machine that doesn't run. */
function quietMachine() {
  const DATA_DIR = temporaryFolder()
  const open: OpenBridge = () => openLocalBridge(readSettings({ DATA_DIR }, 'one machine'))
  const data = dataIn(DATA_DIR)
  return {
    ...data,
    DATA_DIR,
    queued: data.queue,
    forget: (args: string, terminal = testTerminal()) => forgetIn(open, args, terminal),
  }
}

/** The data of a bridge on AWS, over the wire. */
async function quietStack() {
  const [sqs, dynamo] = await Promise.all([startSqs(), startDynamo()])
  onTestFinished(() => Promise.all([sqs.stop(), dynamo.stop()]).then(() => {}))
  const { url, deadLettersUrl } = await sqs.createQueues(10)
  const home = {
    states: createDynamoMessageStates({ client: dynamo.dynamo, table: await dynamo.createTable() }),
    queue: createSqsQueue({ client: sqs.sqs, url }),
    deadLetters: createSqsQueue({ client: sqs.sqs, url: deadLettersUrl }),
    notErasedNote: 'Not all is in reach.',
    close() {},
  }
  const open: OpenBridge = async () => home as unknown as BridgeAccess
  return { ...home, forget: (args: string, terminal = testTerminal()) => forgetIn(open, args, terminal) }
}

const linkOf = (object: string, messageId = '42', present = true): QueuedLink => ({
  source: 'shop',
  object,
  messageId,
  present,
  eventId: `${object} ${messageId} ${present}`,
  receivedAt: new Date(Date.now() - (present ? 9_000 : 5_000)).toISOString(),
  position: 0,
})
/** What happened to an object, some seconds ago. */
const happened = (
  object: string,
  secondsAgo: number,
  change: QueuedObjectUpdate['change'] = text,
): QueuedObjectUpdate => ({
  source: 'shop',
  object,
  eventId: `${object} ${secondsAgo}`,
  receivedAt: new Date(Date.now() - 1_000 * secondsAgo).toISOString(),
  position: 0,
  hold: 7 * 24 * 3600_000,
  change,
})

const askedOf = (object: string, messageId?: string): QueuedLookup => ({
  source: 'shop',
  object,
  eventId: `${object} asks`,
  occurredAt: at(0),
  receivedAt: at(0),
  asks: ['completed'],
  modifies: true,
  hold: 7 * 24 * 3600_000,
  ...(messageId !== undefined && { messageId }),
})

async function knownObject(states: MessageStates, object: string, links: QueuedLink[], updates: QueuedObjectUpdate[]) {
  const record = toObjectRecord(mergeObject(emptyObject('shop', object), { links, updates }).state)
  if (record) await states.save(objectKey({ source: 'shop', object }), record, undefined)
}

/** Chat message 42 in every place that there is, with others beside it. */
async function fillWithTalk({ states, queue, deadLetters }: HomeOfRecords): Promise<void> {
  const of = (messageId: string): QueuedUpdate => update(text, { messageId, occurredAt: at(0) })
  await parkedIn(states, '42', [of('42'), update(react('👍'))], { ...refused, at: Date.now() })
  await states.save(
    '43',
    toRecord(mergeUpdates(emptyState(), [update(done, { messageId: '43' })]), Date.now()),
    undefined,
  )
  await knownObject(states, 'alone', [linkOf('alone')], [happened('alone', 3)])
  await knownObject(states, 'shared', [linkOf('shared'), linkOf('shared', '43')], [happened('shared', 3, done)])
  const gone = [linkOf('gone'), linkOf('gone', '42', false)]
  await knownObject(states, 'gone', gone, [happened('gone', 7), happened('gone', 2, done)])
  await knownObject(states, 'other', [linkOf('other', '43')], [happened('other', 3, done)])

  const both = updatesMessage({ updates: [of('42'), update(done, { messageId: '43' })] }, { failures: 7 })
  const ofObjects = updatesMessage({ objectUpdates: [happened('alone', 1), happened('shared', 1, done)] })
  const taught = updatesMessage({ links: [linkOf('new')], objectUpdates: [happened('new', 1)] })
  for (const message of [updatesMessage({ updates: [of('42')] }), both, ofObjects, taught]) {
    await deadLetters.send(encode(message), { reason: 'full' })
    await queue.send(encode(message), { delay: 900_000 })
  }
  await deadLetters.send(confidential, { reason: 'a damaged state of chat message 42' })
  await deadLetters.send(encode(updatesMessage({ updates: [update(done, { messageId: '43' })] })), { reason: 'full' })
}

const loaded = async (states: MessageStates, object: string) =>
  JSON.parse((await states.load(objectKey({ source: 'shop', object })))?.body ?? 'null')

/** What is left is of chat message 43, or of no chat message. */
async function expectForgotten({ states, deadLetters }: HomeOfRecords): Promise<void> {
  expect(await states.load('42')).toBeUndefined()
  expect(await states.parked(10)).toEqual([])
  expect(await loaded(states, 'alone')).toBeNull()
  const [shared, gone, other] = [
    await loaded(states, 'shared'),
    await loaded(states, 'gone'),
    await loaded(states, 'other'),
  ]
  expect([shared, other]).toMatchObject([{ links: { 43: {} }, registers: { completed: {} } }, { links: { 43: {} } }])
  expect(gone).toMatchObject({ links: {}, registers: { completed: { writes: [{ eventId: 'gone 2' }] } } })
  expect(Object.keys(shared.links)).toEqual(['43'])
  const letters = await deadLetters.receive({ max: 20, visibility: 60_000 })
  const bodies = letters.map(({ body }) => JSON.parse(body))
  expect(bodies.flatMap(({ updates, objectUpdates, links }) => [...updates, ...objectUpdates, ...links])).toHaveLength(
    3,
  )
  expect(bodies.find(({ failures }) => failures === 7).updates).toMatchObject([{ messageId: '43' }])
  expect(letters.map(({ reason }) => reason)).toEqual(['full', 'full', 'full'])
  expect(JSON.stringify([bodies, shared, gone, other])).not.toMatch(/"42"|Konto/)
}

describe('npx chatroom-bridge forget', () => {
  it('lists what is kept, nothing of what it says, and word for word only where that is asked for', async () => {
    const machine = quietMachine()
    await fillWithTalk(machine)
    const dry = await machine.forget('042 --dry-run')
    expect([dry.code, dry.stderr]).toEqual([0, ''])
    expect(dry.stdout).toMatch(/^WHERE +SINCE +HOLDS +WILL BE\nrecord +\S+Z +text, reaction +deleted\n/)
    expect(dry.stdout).toMatch(/^shop alone +\S+Z +link, text +deleted$/m)
    expect(dry.stdout).toMatch(/^shop shared +\S+Z +link, completed +left without it$/m)
    expect(dry.stdout).toMatch(/^shop gone +\S+Z +link, text, completed +left without it$/m)
    expect(dry.stdout).toMatch(/^dead:\S+ +\S+Z +a damaged record +deleted$/m)
    expect(dry.stdout.match(/^dead:.* text +left without it$/gm)).toHaveLength(2)
    expect(dry.stdout.match(/^queue .* (deleted|left without it)$/gm)).toHaveLength(4)
    expect(dry.stdout).not.toMatch(/Konto|other/)

    const { kept, left } = JSON.parse((await machine.forget('42 --dry-run --json')).stdout)
    expect([kept[0], left]).toMatchObject([
      { where: 'record', stays: false, contents: { registers: { text: {} } } },
      [],
    ])
    expect(JSON.stringify(kept).match(/Konto/g)?.length).toBeGreaterThan(8)
    expect((await machine.states.parked(10)).map(({ messageId }) => messageId)).toEqual(['42'])
  })

  it('deletes all of it on one machine, the bytes on the disk as well, and leaves what is of others', async () => {
    const machine = quietMachine()
    await fillWithTalk(machine)
    const { code, stdout, stderr } = await machine.forget('42 --yes')
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^Chat message 42 is forgotten\.\nBackups /), ''])
    const queued = [...machine.queue.waiting()].flat().map(({ body }) => body)
    expect(queued).toHaveLength(2)
    expect(queued.join()).not.toMatch(/"42"|Konto/)
    machine.database.sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    expect(readFileSync(`${machine.DATA_DIR}/bridge.sqlite`).includes('Konto')).toBe(false)
    await expectForgotten(machine)
    expect(await machine.forget('42 --yes')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Nothing was kept of chat message 42\.\n/),
    })
  })

  it('deletes all of it on AWS but what is on the queue, and says so', async () => {
    const stack = await quietStack()
    await fillWithTalk(stack)
    const { code, stdout, stderr } = await stack.forget('42 --yes --json')
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({ messageId: '42', left: [], beyondReach: 'Not all is in reach.' })
    expect(stdout).not.toContain('Konto')
    await expectForgotten(stack)
  })

  it('deletes look-ups whose answer would bring it back, and loses none of others', async () => {
    const machine = quietMachine()
    await knownObject(machine.states, 'alone', [linkOf('alone')], [])
    const others = [askedOf('other'), askedOf('alone', '43')]
    const mixed = { updates: [update(done)], lookUps: [askedOf('alone'), ...others] }
    const itsOwn = updatesMessage({ lookUps: [askedOf('alone'), askedOf('other', '42')] })
    const places = [
      (body: string) => machine.queue.send(body, { delay: 900_000 }),
      (body: string) => machine.deadLetters.send(body, { reason: 'look-up refused: status 403' }),
    ]
    for (const send of places) {
      await send(encode(updatesMessage(mixed, { trace: 'abc', failingSince: at(0) })))
      await send(encode(itsOwn))
    }
    const dry = await machine.forget('42 --dry-run')
    expect(dry.stdout.match(/ look-up, completed +left without it$/gm)).toHaveLength(2)
    expect(dry.stdout.match(/ look-up +deleted$/gm)).toHaveLength(2)

    expect(await machine.forget('42 --yes')).toMatchObject({ code: 0 })
    const rest = updatesMessage({ lookUps: others }, { trace: 'abc', failingSince: at(0) })
    expect([...machine.queue.waiting()].flat().map(({ body }) => JSON.parse(body))).toEqual([rest])
    const letters = await machine.deadLetters.receive({ max: 10, visibility: 60_000 })
    expect(letters.map(({ body }) => JSON.parse(body))).toEqual([rest])
  })

  it('leaves what happened to an object after its link had gone, which waits for another', async () => {
    const machine = quietMachine()
    await knownObject(machine.states, 'gone', [linkOf('gone'), linkOf('gone', '42', false)], [])
    const later = updatesMessage({ objectUpdates: [happened('gone', 2, done)] })
    const message = updatesMessage({ objectUpdates: [happened('gone', 7), ...later.objectUpdates] })
    await machine.queue.send(encode(message), { delay: 900_000 })
    expect(await machine.forget('42 --yes')).toMatchObject({ code: 0 })
    expect([...machine.queue.waiting()].flat().map(({ body }) => JSON.parse(body))).toEqual([later])
  })

  it('forgets only what a person has seen and said yes to', async () => {
    const machine = quietMachine()
    await fillWithTalk(machine)
    expect(await machine.forget('42')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/needs --yes/),
    })
    const no = testTerminal({ answer: 'no' })
    expect(await machine.forget('42', no)).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/record .*\n[\s\S]*nothing was forgotten/),
    })
    expect(no.questions).toEqual(['Forget all of this of chat message 42 for good? Type yes: '])
    expect(await machine.states.load('42')).toBeDefined()
    expect(await machine.forget('42', testTerminal({ answer: 'yes' }))).toMatchObject({ code: 0 })
    expect(await machine.states.load('42')).toBeUndefined()
  })

  it('names what can’t be read and may be about it, and forgets the rest', async () => {
    const { states, deadLetters, forget } = quietMachine()
    await states.save('42', { body: '{"format":99}' }, undefined)
    await states.save('object:newer', { body: '{"format":99,"links":{"42":{}}}' }, undefined)
    await states.save('object:other', { body: '{"format":99,"links":{"43":{}}}' }, undefined)
    await deadLetters.send('{"version":2,"messageId":"42"}', { reason: 'not JSON' })
    await deadLetters.send('{"version":2,"messageId":"43"}', { reason: 'not JSON' })
    const { code, stdout, stderr } = await forget('42 --yes')
    expect([code, stdout]).toEqual([1, expect.stringContaining('is forgotten, apart from what could not be done.')])
    expect(stderr).toMatch(
      /^object:newer: a newer version .*\ndead:\S+: it may be about chat message 42, .* drop it\n$/,
    )
    expect(await states.load('42')).toBeUndefined()
  })

  it('takes one id of a chat message', async () => {
    for (const args of ['', '42 43', '4/2']) {
      await expect(quietMachine().forget(args)).rejects.toThrow(
        /missing required argument|too many arguments|expected 1 to 64/,
      )
    }
  })
})

describe('a chat message that was forgotten', () => {
  it('is not brought back by the attempt that was under way, and begins anew with its next event', async () => {
    const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
    onTestFinished(() => erp.stop())
    const folder = temporaryFolder()
    const bridge = await startBridgeHere(folder, erp)
    const open: OpenBridge = () => openLocalBridge(readSettings({ DATA_DIR: folder }, 'one machine'))
    const records = () => bridge.count('SELECT count(*) AS count FROM states')
    erp.fault = ({ method }) => (method === 'PUT' ? { kind: 'slow', ms: 300 } : undefined)
    await post(bridge.url, { id: 'e1', type: 'task.done', messageId: 42, occurredAt: at(0) })
    await until(() => erp.requests.some(({ method }) => method === 'PUT'), 'the PUT is under way')
    const forgotten = await forgetIn(open, '42 --yes')
    expect(forgotten).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Chat message 42 is forgotten\./) })
    expect(erp.message(42)?.completed).toBe(true)
    expect([records(), bridge.count('SELECT count(*) AS count FROM messages')]).toEqual([0, 0])

    erp.fault = undefined
    // Older than what was forgotten: nobody knows that any more.
    await post(bridge.url, { id: 'e0', type: 'task.reopened', messageId: 42, occurredAt: at(-60) })
    await until(() => erp.message(42)?.completed === false, 'the event after that is applied')
    expect(records()).toBe(1)
  })

  it('has no record because of an attempt that ends after it was deleted', async () => {
    const { accept, dependencies, run, states } = await deliveryUnderTest()
    const { put } = dependencies.erp
    dependencies.erp.put = async (...asked) => {
      await states.remove('42', (await states.load('42'))?.version as number)
      return put(...asked)
    }
    await accept(update(react('👍')))
    await run()
    expect(await states.load('42')).toBeUndefined()
  })

  it('keeps what is new, whatever an attempt from before saves', async () => {
    const delivery = await deliveryUnderTest()
    const { dependencies, states, erp } = delivery
    const { put } = dependencies.erp
    dependencies.erp.put = async (...asked) => {
      const answer = await put(...asked)
      const stored = await states.load('42')
      await states.remove('42', stored?.version as number)
      const anew = mergeUpdates(emptyState(), [update(reopened, { eventId: 'new' })])
      await states.save('42', toRecord(anew, delivery.clock()), undefined)
      return answer
    }
    await delivery.accept(update(done, { eventId: 'old' }))
    await delivery.run()
    const { registers, lease } = await delivery.state()
    expect(registers['completed']?.writes.map(({ eventId }) => eventId)).toEqual(['new'])
    expect(lease).toBeUndefined()
    dependencies.erp.put = put
    await delivery.sweep({ before: Number.POSITIVE_INFINITY })
    await delivery.run()
    expect(erp.message(42)?.completed).toBe(false)
  })

  it('has no record because of an attempt or a sweep that comes late', async () => {
    const delivery = await deliveryUnderTest()
    for (const at of [undefined, delivery.clock()]) {
      await delivery.queue.send(encode({ version: 1, kind: 'attempt', messageId: '42', ...(at && { at }) }))
    }
    await delivery.run()
    expect(await delivery.states.load('42')).toBeUndefined()
  })
})
