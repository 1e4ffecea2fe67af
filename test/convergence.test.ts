import { describe, expect, it } from 'vitest'
import { isDue, redrive } from '../functions/core/message-state.ts'
import { withBreaker } from '../functions/erp/breaker.ts'
import { chatMessage, deliveryUnderTest } from './support/delivery.ts'
import { at, done, noon, react, reopened, unreact, update } from './support/factories.ts'

const hour = 3600_000
const day = 24 * hour

type Delivery = Awaited<ReturnType<typeof deliveryUnderTest>>

/** Lets time pass in steps, and delivers what comes up in each. */
async function live(delivery: Delivery, ms: number, step: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    delivery.pass(step)
    await delivery.run()
  }
}

describe('from Monday to Wednesday', () => {
  it('done by webhook, reopened by a person, then a reaction: the reaction appears and the task stays open', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(done, { eventId: 'monday' }))
    await delivery.run()
    delivery.pass(day)
    delivery.erp.edit(42, (message) => {
      message.completed = false
    })
    delivery.pass(day)
    await delivery.accept(update(react('👍'), { receivedAt: at(2 * 24 * 3600) }))
    await delivery.run()
    expect(delivery.erp.message(42)).toMatchObject({ completed: false, reactions: [{ emoji: '👍' }] })
  })

  it('a text by webhook, edited by a person, then done: the person’s text stays', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update({ kind: 'text', text: 'ours' }))
    await delivery.run()
    delivery.erp.edit(42, (message) => {
      message.message_text = 'theirs'
    })
    await delivery.accept(update(done, { receivedAt: at(60) }))
    await delivery.run()
    expect(delivery.erp.message(42)).toMatchObject({ message_text: 'theirs', completed: true })
  })

  it('a reaction by webhook, taken away by a person, then another: the first stays away', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(react('👍')))
    await delivery.run()
    delivery.erp.edit(42, (message) => {
      message.reactions = [{ id: 900, emoji: '🏡' }]
    })
    await delivery.accept(update(react('🎉'), { receivedAt: at(60) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.reactions.map(({ emoji }) => emoji)).toEqual(['🏡', '🎉'])
  })

  it('an attachment by webhook, deleted by a person, then its removal: a file of that name that a person put there stays', async () => {
    const delivery = await deliveryUnderTest()
    const file = { kind: 'attachment', attachment: { filename: 'a.pdf' } } as const
    await delivery.accept(update({ ...file, present: true }))
    await delivery.run()
    delivery.erp.edit(42, (message) => {
      message.attachments = [{ id: 900, filename: 'a.pdf' }]
    })
    await delivery.accept(update({ ...file, present: false }, { receivedAt: at(60) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.attachments).toEqual([{ id: 900, filename: 'a.pdf' }])
    expect(delivery.puts()).toHaveLength(1)
  })
})

describe('a host that clears what a PUT leaves out', () => {
  const full = chatMessage({ reactions: [{ id: 7, emoji: '🏡' }], attachments: [{ id: 8, filename: 'a.pdf' }] })

  it('is given back at once what it has cleared, and gets whole chat messages from then on', async () => {
    const messages = [full, { ...full, id: 43 }]
    const delivery = await deliveryUnderTest({ messages, put: 'replace' })
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.erp.message(42)).toEqual({ ...full, completed: true })
    await delivery.accept(update(react('👍'), { messageId: '43' }))
    await delivery.run()
    expect(delivery.erp.message(43)).toMatchObject({ message_text: full.message_text, attachments: full.attachments })
    expect(delivery.puts()).toHaveLength(3)
  })

  it('is not suspected when a person empties one attribute in the same moment', async () => {
    const delivery = await deliveryUnderTest({ messages: [full] })
    delivery.erp.fault = ({ method }) => {
      if (method === 'PUT') delivery.erp.edit(42, (message) => void message.reactions.splice(0))
      return undefined
    }
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.erp.message(42)).toEqual({ ...full, reactions: [], completed: true })
    expect(delivery.puts()).toHaveLength(1)
  })
})

describe('an outage of three days', () => {
  const ids = Array.from({ length: 20 }, (_, index) => index + 1)
  const messages = ids.map((id) => chatMessage({ id }))

  /** Three days with events all the time, and then as long without any as `quiet` (ms) says. */
  async function outage(maxAge: number, quiet = 0) {
    const delivery = await deliveryUnderTest({ messages, maxAge })
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    for (let index = 0; index < 500; index += 1) {
      const receivedAt = new Date(delivery.clock()).toISOString()
      const change = index % 2 ? done : reopened
      await delivery.accept(
        ...ids.map((id) => update(change, { messageId: String(id), eventId: `e${index}`, receivedAt })),
      )
      delivery.pass((3 * day) / 500)
      if (index % 10 === 0) await delivery.run()
    }
    await live(delivery, quiet, hour)
    await delivery.run()
    delivery.erp.fault = undefined
    return delivery
  }

  it('with 500 events on each of 20 chat messages ends in 20 PUTs, and nothing is parked', async () => {
    const delivery = await outage(7 * day)
    await live(delivery, hour, 15 * 60_000)
    expect(ids.every((id) => delivery.erp.message(id)?.completed)).toBe(true)
    expect(delivery.puts()).toHaveLength(20)
    for (const id of ids) {
      const { registers } = await delivery.state(String(id))
      expect(Object.values(registers).flatMap(({ writes }) => writes.filter(({ parked }) => parked))).toEqual([])
    }
  })

  it('with an age limit of one day parks everything with its reason, and a redrive brings it home', async () => {
    const delivery = await outage(day, 1.5 * day)
    for (const id of ids) {
      const state = await delivery.state(String(id))
      const stored = await delivery.states.load(String(id))
      const reasons = Object.values(state.registers).flatMap(({ writes }) => writes.map(({ parked }) => parked?.reason))
      expect(new Set(reasons)).toEqual(new Set(['age']))
      await delivery.states.save(String(id), { body: JSON.stringify(redrive(state)), sweepAt: 0 }, stored?.version)
    }
    await delivery.sweep()
    await live(delivery, hour, 15 * 60_000)
    expect(ids.every((id) => delivery.erp.message(id)?.completed)).toBe(true)
    expect(delivery.puts()).toHaveLength(20)
  })
})

describe('a hot chat message', () => {
  it('that 200 actors react to 1,000 times in a burst needs few PUTs, and ends as they all want it', async () => {
    const delivery = await deliveryUnderTest({ spacing: 500 })
    const emojis = ['👍', '🎉', '❤️', '🏡', '👏']
    const last = new Map<string, boolean>()
    for (let index = 0; index < 1_000; index += 1) {
      const emoji = emojis[index % emojis.length] as string
      const actor = `actor ${(index * 7) % 200}`
      const isAdded = (index * 13) % 5 !== 0
      last.set(`${emoji} ${actor}`, isAdded)
      const receivedAt = new Date(noon + index).toISOString()
      await delivery.accept(update(isAdded ? react(emoji) : unreact(emoji), { actor, receivedAt }))
      if (index % 20 === 0) await delivery.run()
      delivery.pass(10)
    }
    await live(delivery, 10_000, 500)
    const wanted = new Set([...last].filter(([, isThere]) => isThere).map(([key]) => key.split(' ')[0]))
    expect(new Set(delivery.erp.message(42)?.reactions.map(({ emoji }) => emoji))).toEqual(wanted)
    expect(delivery.puts().length).toBeLessThanOrEqual(100)
    expect(isDue(await delivery.state())).toBe(false)
  })

  it('is sent to no more often than the spacing allows, but for a search', async () => {
    const delivery = await deliveryUnderTest({ spacing: 5_000 })
    await delivery.accept(update(done))
    await delivery.run()
    await delivery.accept(update(reopened, { receivedAt: at(1) }))
    await delivery.run()
    delivery.pass(4_999)
    await delivery.run()
    expect(delivery.puts()).toHaveLength(1)
    delivery.pass(1)
    await delivery.run()
    expect(delivery.puts()).toHaveLength(2)
  })
})

describe('the breaker', () => {
  it('stops calling a dead ERP, probes it every five seconds, and lets everything through when it is back', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => String(index + 1))
    const delivery = await deliveryUnderTest({ messages: ids.map((id) => chatMessage({ id: Number(id) })) })
    delivery.dependencies.erp = withBreaker(delivery.dependencies.erp, delivery.clock)
    delivery.erp.fault = () => ({ kind: 'reset' })
    for (const messageId of ids) {
      await delivery.accept(update(done, { messageId }))
      await delivery.run()
    }
    const asked = delivery.gets()
    expect(asked).toBeLessThanOrEqual(10)
    await live(delivery, 60_000, 1_000)
    expect(delivery.gets() - asked).toBeLessThanOrEqual(24)
    expect((await delivery.state('50')).attempts).toBeLessThanOrEqual(3)
    delivery.erp.fault = undefined
    await live(delivery, 60_000, 1_000)
    expect(ids.every((id) => delivery.erp.message(id)?.completed)).toBe(true)
  })

  it('does not mind an ERP that refuses', async () => {
    const delivery = await deliveryUnderTest({ messages: [] })
    const erp = withBreaker(delivery.dependencies.erp, delivery.clock)
    for (let index = 0; index < 10; index += 1) expect(await erp.get('42')).toMatchObject({ kind: 'refused' })
  })
})
