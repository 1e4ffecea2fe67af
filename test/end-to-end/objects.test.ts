import { describe, expect, it } from 'vitest'
import { drop, parkedWrites } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { type ObjectState, objectKey, readObject } from '../../functions/state/object/object-state.ts'
import {
  encode,
  type QueuedLink,
  type QueuedObjectUpdate,
  updatesMessage,
} from '../../functions/state/queue-message.ts'
import { chatMessage, type Delivery, deliveryUnderTest } from '../support/delivery.ts'
import { at, done, react, reopened, unreact, update } from '../support/factories.ts'

const slack = { source: 'slack', object: 'C1/1595926230.009600' }
const hour = 3600_000
const week = 7 * 24 * hour

function happened(given: Partial<QueuedObjectUpdate> = {}): QueuedObjectUpdate {
  return { ...slack, eventId: crypto.randomUUID(), receivedAt: at(0), position: 0, hold: week, change: done, ...given }
}

function link(given: Partial<QueuedLink> = {}): QueuedLink {
  const common = { messageId: '42', present: true, eventId: crypto.randomUUID(), receivedAt: at(0), position: 0 }
  return { ...slack, ...common, ...given }
}

/** Puts one request's links and wishes on the queue, and delivers them. */
async function deliver(delivery: Delivery, ...items: (QueuedObjectUpdate | QueuedLink)[]): Promise<void> {
  const objectUpdates = items.filter((item) => 'change' in item)
  const links = items.filter((item) => 'present' in item)
  await delivery.queue.send(encode(updatesMessage({ objectUpdates, links })))
  await delivery.run()
}

async function stateOf(delivery: Delivery): Promise<ObjectState | undefined> {
  const stored = await delivery.states.load(objectKey(slack))
  const read = stored && readObject(stored.body)
  return read && 'state' in read ? read.state : undefined
}

describe('what happens to an object', () => {
  it.each([
    ['before the event', [link(), happened()]],
    ['after it', [happened(), link()]],
    ['twice, in between', [happened({ change: reopened, occurredAt: at(-9) }), link(), link(), happened()]],
  ])('reaches the chat message that it is linked to %s', async (_, items) => {
    const delivery = await deliveryUnderTest()
    for (const item of items) await deliver(delivery, item)
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('reaches every chat message that it is linked to, and a later link all that is still held', async () => {
    const delivery = await deliveryUnderTest({ messages: [42, 43, 44].map((id) => chatMessage({ id })) })
    await deliver(delivery, link(), link({ messageId: '43' }), happened({ change: react('👍'), actor: 'anna' }))
    delivery.pass(hour)
    await deliver(delivery, link({ messageId: '44' }))
    for (const id of [42, 43, 44]) expect(delivery.erp.message(id)?.reactions).toMatchObject([{ emoji: '👍' }])
    await deliver(delivery, happened({ change: unreact('👍'), actor: 'anna', receivedAt: at(hour) }))
    for (const id of [42, 43, 44]) expect(delivery.erp.message(id)?.reactions).toEqual([])
  })

  it('of two objects reaches one chat message that both are linked to', async () => {
    const delivery = await deliveryUnderTest()
    const other = { source: 'trello', object: 'card' }
    await deliver(delivery, link(), link(other), happened({ change: react('👍') }))
    await deliver(delivery, happened({ ...other, change: react('🎉') }))
    expect(delivery.emojis()).toEqual(['🎉', '👍'].sort())
  })

  it('is the same event where it names the chat message as well', async () => {
    const delivery = await deliveryUnderTest()
    const common = { eventId: 'e', source: 'slack', actor: 'anna', change: react('👍') }
    await delivery.queue.send(
      encode(
        updatesMessage({ updates: [update(react('👍'), common)], objectUpdates: [happened(common)], links: [link()] }),
      ),
    )
    await delivery.run()
    const { registers } = await delivery.state()
    expect(Object.values(registers).map(({ writes }) => writes.length)).toEqual([1])
    expect(delivery.puts()).toHaveLength(1)
  })

  it('no longer reaches it once the link is removed, and leaves it as it is', async () => {
    const delivery = await deliveryUnderTest()
    await deliver(delivery, link({ occurredAt: at(-60) }), happened({ occurredAt: at(-50) }))
    await deliver(delivery, link({ present: false, occurredAt: at(-40) }))
    await deliver(delivery, happened({ change: reopened, occurredAt: at(-30) }))
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('before its link was removed reaches it however late it comes', async () => {
    const delivery = await deliveryUnderTest()
    await deliver(delivery, link({ occurredAt: at(-60) }), link({ present: false, occurredAt: at(-40) }))
    await deliver(delivery, happened({ occurredAt: at(-50) }))
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('waits for a link no longer than its source says, and not at all where that is not at all', async () => {
    const delivery = await deliveryUnderTest()
    await deliver(delivery, happened({ hold: 2 * hour }))
    delivery.pass(3 * hour)
    await deliver(delivery, link())
    expect(delivery.erp.requests).toEqual([])
    await deliver(delivery, happened({ hold: 0, receivedAt: at(3 * 3600) }))
    expect(delivery.erp.message(42)?.completed).toBe(true)

    const other = await deliveryUnderTest()
    await deliver(other, happened({ hold: 0 }))
    expect(await other.states.load(objectKey(slack))).toBeUndefined()
  })

  it('that nobody linked is forgotten by the sweep when its time is over', async () => {
    const delivery = await deliveryUnderTest()
    await deliver(delivery, happened({ hold: hour }))
    await delivery.sweep()
    expect(await stateOf(delivery)).toBeDefined()
    delivery.pass(2 * week)
    await delivery.sweep()
    expect(await stateOf(delivery)).toBeUndefined()
  })

  it('reaches its chat message after a crash between the object and the chat message', async () => {
    const delivery = await deliveryUnderTest()
    const { load } = delivery.states
    delivery.states.load = async (key) => {
      if (key === '42') throw new Error('crashed')
      return load(key)
    }
    await deliver(delivery, link(), happened())
    expect([(await stateOf(delivery))?.object, delivery.erp.requests.length]).toEqual([slack.object, 0])
    delivery.states.load = load
    delivery.pass(hour)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('costs one read and one write where it is only held, and nothing more where it comes again', async () => {
    const delivery = await deliveryUnderTest()
    const calls: string[] = []
    const { load, save } = delivery.states
    delivery.states.load = (key) => {
      calls.push(`load ${key === '42' ? 'chat message' : 'object'}`)
      return load(key)
    }
    delivery.states.save = (key, ...rest) => {
      calls.push(`save ${key === '42' ? 'chat message' : 'object'}`)
      return save(key, ...rest)
    }
    const event = happened()
    await deliver(delivery, event)
    expect(calls.splice(0)).toEqual(['load object', 'save object'])
    await deliver(delivery, event)
    expect(calls.splice(0)).toEqual(['load object'])
    await deliver(delivery, link())
    expect(calls.splice(0)).toEqual([
      'load object',
      'save object',
      'load chat message',
      'save chat message',
      'save chat message',
    ])
  })

  it('and was dropped by an operator is not brought back by what happens to the object later', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = ({ method, body }) =>
      method === 'PUT' && body.includes('🚫') ? { kind: 'status', status: 422 } : undefined
    await deliver(delivery, link(), happened({ change: react('🚫') }))
    const { version } = (await delivery.states.load('42')) ?? {}
    const state = await delivery.state()
    await delivery.states.save('42', toRecord(drop(state, parkedWrites(state)), delivery.clock()), version)
    const asked = delivery.puts().length
    await deliver(delivery, happened())
    expect(parkedWrites(await delivery.state())).toEqual([])
    expect(delivery.puts().slice(asked)).toEqual([{ completed: true }])
  })

  it('with a damaged record begins anew, and keeps what could not be read', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.states.save(objectKey(slack), { body: '{"kind":"object"' }, undefined)
    await deliver(delivery, link(), happened())
    expect(delivery.erp.message(42)?.completed).toBe(true)
    expect(await delivery.deadLetters.receive({ max: 10, visibility: 1_000 })).toMatchObject([
      { reason: 'a damaged state of an object' },
    ])
  })
})
