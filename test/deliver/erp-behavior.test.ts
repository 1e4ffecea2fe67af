import { describe, expect, it } from 'vitest'
import { withBreaker } from '../../functions/erp/circuit-breaker.ts'
import { readSettings } from '../../functions/settings/settings.ts'
import { erpBehavior } from '../../functions/state/erp/erp-behavior.ts'
import { isDue, parkedWrites } from '../../functions/state/message/message-state.ts'
import type { Behaviour } from '../../local/simulated-erp/server.ts'
import { chatMessage, type Delivery, deliveryUnderTest } from '../support/delivery.ts'
import { at, done, react, reopened, unreact, update } from '../support/factories.ts'

const quarter = 15 * 60_000
const hostFor = (settings: Record<string, unknown>) => erpBehavior(readSettings(settings, 'one machine'))
const full = chatMessage({ reactions: [{ id: 7, emoji: '🏡' }], attachments: [{ id: 8, filename: 'a.pdf' }] })
const added = { ERP_LISTS: 'added' }
const whole = { ERP_PUT: 'whole' }
const never = { ERP_READ: 'never' }
const file = { kind: 'attachment', attachment: { filename: 'b.pdf', filesize: '12' }, present: true } as const

/** Delivers what is there, and what becomes possible within a second. */
async function deliverAll(delivery: Delivery): Promise<void> {
  await delivery.run()
  delivery.pass(1_000)
  await delivery.run()
}

describe('a host', () => {
  it.each<[string, Behaviour, Record<string, unknown>]>([
    ['changes what a PUT carries, and replaces lists', {}, {}],
    ['changes what a PUT carries, and adds to lists', { lists: 'add' }, added],
    ['clears what a PUT leaves out, and replaces lists', { put: 'replace' }, whole],
    ['clears what a PUT leaves out, and adds to lists', { put: 'replace', lists: 'add' }, { ...whole, ...added }],
    ['refuses GET, and replaces lists', { get: 'refuse' }, never],
    ['refuses GET, and adds to lists', { get: 'refuse', lists: 'add' }, { ...never, ...added }],
  ])('that %s ends as it should with the settings that fit', async (_, behaviour, settings) => {
    const delivery = await deliveryUnderTest({ messages: [full], behaviour, host: hostFor(settings) })
    const { erp } = delivery
    await delivery.accept(update(done), update(react('👍'), { actor: 'anna' }), update(file))
    await deliverAll(delivery)
    expect(erp.message(42)).toMatchObject({ completed: true, message_text: full.message_text })
    expect(erp.message(42)?.reactions).toMatchObject([{ id: 7, emoji: '🏡' }, { emoji: '👍' }])
    expect(erp.message(42)?.attachments).toMatchObject([{ id: 8, filename: 'a.pdf' }, { filename: 'b.pdf' }])

    erp.edit(42, (message) => {
      message.message_text = 'Hat sich erledigt'
      message.reactions.push({ id: 900, emoji: '🙋' })
    })
    await delivery.accept(
      update(reopened, { receivedAt: at(1) }),
      update(react('🎉'), { receivedAt: at(1) }),
      update(unreact('🏡'), { receivedAt: at(1) }),
    )
    await deliverAll(delivery)
    await delivery.accept(update(unreact('👍'), { actor: 'anna', receivedAt: at(2) }))
    await deliverAll(delivery)

    const { message_text, completed, attachments } = erp.message(42) as NonNullable<ReturnType<typeof erp.message>>
    expect({ message_text, completed }).toEqual({ message_text: 'Hat sich erledigt', completed: false })
    const isLeft = behaviour.lists === 'add'
    expect(delivery.emojis()).toEqual(['🏡', '🙋', '🎉', ...(isLeft ? ['👍'] : [])].sort())
    expect(attachments).toHaveLength(2)
    const parked = parkedWrites(await delivery.state())
    expect(parked.map(({ write }) => [write.parked.reason, write.change])).toEqual(
      isLeft ? [['impossible', unreact('👍')]] : [],
    )
    expect(isDue(await delivery.state())).toBe(false)
    expect(delivery.gets() > 0).toBe(behaviour.get !== 'refuse')
  })

  it('that clears what a PUT leaves out and refuses GET fits no settings, and they are refused', () => {
    expect(() => hostFor({ ...whole, ...never })).toThrow('ERP_PUT: whole can not go with ERP_READ=never')
  })

  it('that adds to lists is given back what a PUT has cleared, and nothing twice', async () => {
    const behaviour = { put: 'replace', lists: 'add' } as const
    const delivery = await deliveryUnderTest({ messages: [full], behaviour, host: hostFor(added) })
    await delivery.accept(update(react('👍')))
    await delivery.run()
    const { reactions, ...rest } = full
    expect(delivery.erp.message(42)).toMatchObject(rest)
    expect(delivery.emojis()).toEqual(['🏡', '👍'].sort())
    expect(reactions).toHaveLength(1)
  })
})

describe('a host that refuses GET', () => {
  const blind = () => deliveryUnderTest({ messages: [full], behaviour: { get: 'refuse' }, host: hostFor(never) })

  it('gets what stands alone first, and the lists as the answer to that tells them', async () => {
    const delivery = await blind()
    await delivery.accept(update(react('👍')), update(done))
    await deliverAll(delivery)
    expect(delivery.puts()).toEqual([{ completed: true }, { reactions: [{ id: 7, emoji: '🏡' }, { emoji: '👍' }] }])
  })

  it('gets no list before an answer has told it; what stands alone does not wait', async () => {
    const delivery = await blind()
    await delivery.accept(update(react('👍')))
    await deliverAll(delivery)
    delivery.pass(24 * 3600_000)
    await delivery.run()
    expect(delivery.erp.requests).toEqual([])
    expect(await delivery.state()).toMatchObject({ waits: 'lists', attempts: 0 })

    await delivery.accept(update(done, { receivedAt: at(60) }))
    await deliverAll(delivery)
    expect(delivery.erp.message(42)).toMatchObject({ completed: true, reactions: [{ emoji: '🏡' }, { emoji: '👍' }] })
    expect((await delivery.state()).waits).toBeUndefined()
  })

  it('parks by its age a wish that no answer came for', async () => {
    const delivery = await blind()
    await delivery.accept(update(react('👍')))
    for (let days = 0; days < 8; days += 1) {
      await delivery.run()
      delivery.pass(24 * 3600_000)
    }
    await delivery.run()
    expect(parkedWrites(await delivery.state())).toMatchObject([{ write: { parked: { reason: 'age' } } }])
  })

  it('lets what shall go wait for nothing where the bridge has added nothing', async () => {
    const delivery = await blind()
    await delivery.accept(update(unreact('🏡')))
    await delivery.run()
    expect(isDue(await delivery.state())).toBe(false)
    expect(delivery.erp.requests).toEqual([])
  })

  it('gets again what an answer was lost of, and what it tells counts then', async () => {
    const delivery = await blind()
    await delivery.accept(update(done))
    await deliverAll(delivery)
    delivery.erp.fault = () => ({ kind: 'reset', applied: true })
    await delivery.accept(update(react('👍'), { receivedAt: at(1) }))
    await delivery.run()
    expect((await delivery.state()).lists).toBeUndefined()
    delivery.erp.fault = undefined
    delivery.pass(quarter)
    await delivery.accept(update(reopened, { receivedAt: at(900) }))
    await deliverAll(delivery)
    expect(delivery.erp.message(42)?.completed).toBe(false)
    expect(delivery.emojis()).toEqual(['🏡', '👍'].sort())
    expect(isDue(await delivery.state())).toBe(false)
  })

  it('keeps of an answer only lists, and none where it does not tell them or they are too long', async () => {
    const delivery = await blind()
    await delivery.accept(update(done))
    await delivery.run()
    const { lists } = await delivery.state()
    expect(lists).toEqual({ reactions: full.reactions, attachments: full.attachments })
    expect((await delivery.states.load('42'))?.body).not.toContain(full.message_text)

    const long = { ...full, reactions: [{ id: 7, emoji: 'x'.repeat(40_000) }] }
    for (const answer of [{ id: 42, completed: false }, long]) {
      const other = await blind()
      other.erp.fault = () => ({ kind: 'status', status: 200, body: JSON.stringify(answer), applied: true })
      await other.accept(update(done), update(react('👍')))
      await deliverAll(other)
      expect(await other.state()).toMatchObject({ waits: 'lists' })
      expect(other.puts()).toEqual([{ completed: true }])
    }
  })

  it('is left alone once it is dead, and gets everything when it is back', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => index + 1)
    const messages = ids.map((id) => chatMessage({ id }))
    const delivery = await deliveryUnderTest({ messages, behaviour: { get: 'refuse' }, host: hostFor(never) })
    delivery.dependencies.erp = withBreaker(delivery.dependencies.erp, delivery.clock)
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    for (const id of ids) {
      await delivery.accept(update(done, { messageId: String(id) }))
      await delivery.run()
    }
    expect(delivery.puts()).toHaveLength(5)
    delivery.erp.fault = undefined
    for (let seconds = 0; seconds < 30; seconds += 5) {
      delivery.pass(5_000)
      await delivery.run()
    }
    expect(ids.every((id) => delivery.erp.message(id)?.completed)).toBe(true)
  })

  it('has all that is due parked where it has no such chat message', async () => {
    const delivery = await deliveryUnderTest({ messages: [], behaviour: { get: 'refuse' }, host: hostFor(never) })
    await delivery.accept(update(done), update(react('👍')))
    await delivery.run()
    const parked = parkedWrites(await delivery.state())
    expect(parked.map(({ write }) => write.parked.status)).toEqual([404, 404])
    expect(delivery.puts()).toHaveLength(1)
  })
})
