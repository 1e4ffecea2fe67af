import { describe, expect, it } from 'vitest'
import { createDeliver } from '../../functions/deliver/deliver.ts'
import { withBreaker } from '../../functions/erp/circuit-breaker.ts'
import { isDue, redrive } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { attemptMessage, encode } from '../../functions/state/queue-message.ts'
import { chatMessage, deliveryUnderTest, record } from '../support/delivery.ts'
import { at, done, noon, react, reopened, unreact, update } from '../support/factories.ts'
import { expectAllDone, live, outage, outageMessages, redriveAll } from '../support/outage.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

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

describe('what broke a model of the algorithm before it was written', () => {
  const refused = { kind: 'status', status: 422, body: '{}' } as const
  const text = (value: string) => ({ kind: 'text', text: value }) as const

  it('a late older write takes over from a refused one, and the refused one stays refused', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = ({ body }) => (body.includes('bad') ? refused : undefined)
    await delivery.accept(update(text('first'), { occurredAt: at(-30) }), update(text('bad'), { occurredAt: at(-10) }))
    await delivery.run()
    await delivery.accept(update(text('late'), { occurredAt: at(-20), receivedAt: at(9) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.message_text).toBe('late')
  })

  it('what was shown before a lost PUT is not taken for shown when the lost one is refused later', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(text('first'), { occurredAt: at(-30) }))
    await delivery.run()
    delivery.erp.fault = ({ method }) => (method === 'PUT' ? { kind: 'reset', applied: true } : undefined)
    await delivery.accept(update(text('second'), { occurredAt: at(-20) }))
    await delivery.run()
    delivery.erp.edit(42, (message) => {
      message.message_text = 'something else'
    })
    delivery.erp.fault = ({ body }) => (body.includes('second') ? refused : undefined)
    delivery.pass(60_000)
    await delivery.run()
    expect(delivery.erp.message(42)?.message_text).toBe('first')
  })

  it('what was shown before a crash with a PUT in flight is not taken for shown when that PUT is refused later', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(text('first'), { occurredAt: at(-30) }))
    await delivery.run()
    const { erp } = delivery.dependencies
    const dying: typeof erp = {
      get: erp.get,
      async put(...call) {
        await erp.put(...call)
        throw new Error('killed')
      },
    }
    const deliver = createDeliver({ ...delivery.dependencies, erp: dying })
    const updates = [update(text('second'), { occurredAt: at(-20) })]
    await deliver({ Records: [record(encode({ version: 1, kind: 'updates', updates }))] })
    expect(delivery.erp.message(42)?.message_text).toBe('second')
    delivery.erp.fault = ({ body }) => (body.includes('second') ? refused : undefined)
    delivery.erp.edit(42, (message) => Object.assign(message, { message_text: 'something else' }))
    await live(delivery, 5 * minute, minute)
    expect(delivery.erp.message(42)?.message_text).toBe('first')
  })

  it('a lost PUT that lands after a newer event does not have the last word', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = ({ method }) => (method === 'PUT' ? { kind: 'reset' } : undefined)
    await delivery.accept(update(done, { receivedAt: at(0) }))
    await delivery.run()
    delivery.erp.fault = undefined
    await delivery.accept(update(reopened, { receivedAt: at(1) }))
    await delivery.run()
    delivery.pass(50_000)
    delivery.erp.edit(42, (message) => {
      message.completed = true
    })
    delivery.pass(10_000)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(false)
  })

  it('a removal never adds, and asks for nothing where the reaction is gone already', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(react('👍')))
    await delivery.run()
    delivery.erp.edit(42, ({ reactions }) => void reactions.splice(0))
    await delivery.accept(update(unreact('👍'), { receivedAt: at(1) }))
    await delivery.run()
    expect(delivery.puts()).toHaveLength(1)
    expect((await delivery.state()).own).toEqual({})
  })

  it('an ERP that changes what it is sent is not sent it again and again', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = ({ method }) => {
      if (method === 'PUT')
        setImmediate(() => delivery.erp.edit(42, (message) => Object.assign(message, { message_text: 'TRIMMED' })))
      return undefined
    }
    await delivery.accept(update(text(' trimmed ')))
    await delivery.run()
    await live(delivery, hour, minute)
    expect(delivery.puts()).toHaveLength(1)
  })

  it('an attempt that comes before the save that knows it, because that took long, is not lost', async () => {
    const delivery = await deliveryUnderTest({ spacing: 5_000 })
    await delivery.accept(update(done))
    await delivery.run()
    const { save } = delivery.states
    delivery.states.save = async (...args) => {
      delivery.states.save = save
      delivery.pass(6_000)
      await delivery.run()
      return save(...args)
    }
    await delivery.accept(update(reopened, { receivedAt: at(1) }))
    await delivery.run()
    await live(delivery, 10_000, 1_000)
    expect(delivery.erp.message(42)?.completed).toBe(false)
  })

  it('two events of one id and one time are two events, whichever comes first', async () => {
    const same = { eventId: 'same', occurredAt: at(-5) }
    const both = [update(done, { ...same, receivedAt: at(0) }), update(reopened, { ...same, receivedAt: at(1) })]
    for (const order of [both, both.toReversed()]) {
      const delivery = await deliveryUnderTest({ messages: [chatMessage({ completed: true })] })
      for (const one of order) {
        await delivery.accept(one)
        await delivery.run()
      }
      expect(delivery.erp.message(42)?.completed).toBe(false)
    }
  })

  it('an attempt that arrives early is delayed again, and not lost', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = () => ({ kind: 'status', status: 503, headers: { 'retry-after': '60' } })
    await delivery.accept(update(done))
    await delivery.run()
    const { scheduledAt } = await delivery.state()
    await delivery.queue.send(encode(attemptMessage('42', scheduledAt)))
    await delivery.run()
    expect(delivery.gets()).toBe(1)
    delivery.erp.fault = undefined
    delivery.pass(minute)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('an ERP that numbers its lists anew does not make us take away what is not ours', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(react('👍')))
    await delivery.run()
    const [ours] = delivery.erp.message(42)?.reactions ?? []
    delivery.erp.edit(42, (message) => {
      message.reactions = [
        { id: ours?.id ?? 0, emoji: '🏡' },
        { id: 900, emoji: '👍' },
      ]
    })
    await delivery.accept(update(unreact('👍'), { receivedAt: at(1) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.reactions).toHaveLength(2)
  })
})

describe('a host that clears what a PUT leaves out', () => {
  const full = chatMessage({ reactions: [{ id: 7, emoji: '🏡' }], attachments: [{ id: 8, filename: 'a.pdf' }] })

  it('is given back at once what it has cleared, and gets whole chat messages from then on', async () => {
    const messages = [full, { ...full, id: 43 }]
    const delivery = await deliveryUnderTest({ messages, behaviour: { put: 'replace' } })
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
  it('with 500 events on each of 20 chat messages ends in 20 PUTs, and nothing is parked', async () => {
    const delivery = await outage(await deliveryUnderTest({ messages: outageMessages }))
    await live(delivery, hour, 15 * minute)
    await expectAllDone(delivery)
  })

  it('with an age limit of one day parks everything with its reason, and a redrive brings it home', async () => {
    const delivery = await outage(await deliveryUnderTest({ messages: outageMessages, maxAge: day }), {
      quiet: 1.5 * day,
    })
    await redriveAll(delivery)
    await live(delivery, hour, 15 * minute)
    await expectAllDone(delivery)
  })
})

describe('a redrive', () => {
  it('does not overtake a PUT whose answer was lost when the wish was parked', async () => {
    const delivery = await deliveryUnderTest({ maxAge: minute })
    delivery.erp.fault = ({ method }) => (method === 'PUT' ? { kind: 'status', status: 500 } : undefined)
    await delivery.accept(update(done))
    await delivery.run()
    delivery.pass(minute)
    await delivery.run()
    expect(isDue(await delivery.state())).toBe(false)

    delivery.erp.fault = undefined
    const asked = delivery.erp.requests.length
    const stored = await delivery.states.load('42')
    await delivery.states.save('42', toRecord(redrive(await delivery.state()), delivery.clock()), stored?.version)
    await delivery.queue.send(encode(attemptMessage('42')))
    await live(delivery, minute - 1_000, 1_000)
    expect(delivery.erp.requests).toHaveLength(asked)
    await live(delivery, 2_000, 1_000)
    expect(delivery.erp.message(42)?.completed).toBe(true)
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
