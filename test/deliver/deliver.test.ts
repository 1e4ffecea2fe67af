import { describe, expect, it } from 'vitest'
import { createDeliver } from '../../functions/deliver/deliver.ts'
import { emptyState, isDue, MessageState } from '../../functions/state/message/message-state.ts'
import type { QueuedUpdate } from '../../functions/state/queue-message.ts'
import { attemptMessage, encode } from '../../functions/state/queue-message.ts'
import { chatMessage, deliveryUnderTest, record } from '../support/delivery.ts'
import { at, done, react, reopened, unreact, update } from '../support/factories.ts'

const updates = (...list: QueuedUpdate[]) => encode({ version: 1, kind: 'updates', updates: list })
const answered500 = { kind: 'status', status: 500 } as const

describe('an update', () => {
  it('completes the chat message with one PUT of just that', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
    expect(delivery.puts()).toEqual([{ completed: true }])
    expect(isDue(await delivery.state())).toBe(false)
  })

  it('that the ERP shows already costs no PUT', async () => {
    const delivery = await deliveryUnderTest({ messages: [chatMessage({ completed: true })] })
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.puts()).toEqual([])
    expect(isDue(await delivery.state())).toBe(false)
  })

  it('that comes again changes nothing, not even what people changed since', async () => {
    const delivery = await deliveryUnderTest()
    const event = update(done, { eventId: 'e1' })
    await delivery.accept(event)
    await delivery.run()
    delivery.erp.edit(42, (message) => {
      message.completed = false
    })
    await delivery.accept({ ...event, receivedAt: at(3600) })
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(false)
    expect(delivery.gets()).toBe(1)
  })

  it('that is older than what is shown changes nothing', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(done, { occurredAt: at(-10) }))
    await delivery.run()
    await delivery.accept(update(reopened, { occurredAt: at(-20), receivedAt: at(60) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('goes with all others of its batch into one PUT for each chat message', async () => {
    const delivery = await deliveryUnderTest({ messages: [chatMessage(), chatMessage({ id: 43 })] })
    await delivery.accept(update(done), update(done, { messageId: '43' }))
    await delivery.accept(update(react('👍'), { actor: 'anna' }))
    await delivery.accept(update({ kind: 'text', text: 'neu' }))
    await delivery.run()
    expect(delivery.puts()).toHaveLength(2)
    expect(delivery.puts()).toContainEqual({ completed: true, message_text: 'neu', reactions: [{ emoji: '👍' }] })
  })

  it('is sent with the whole chat message where the host clears what a PUT leaves out', async () => {
    const reactions = [{ id: 7, emoji: '🏡' }]
    const delivery = await deliveryUnderTest({
      messages: [chatMessage({ reactions })],
      behaviour: { put: 'replace' },
      host: { putClears: true },
    })
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.erp.message(42)).toEqual(chatMessage({ reactions, completed: true }))
  })
})

describe('a reaction', () => {
  it('is added beside those of people, who keep theirs', async () => {
    const delivery = await deliveryUnderTest({ messages: [chatMessage({ reactions: [{ id: 7, emoji: '🏡' }] })] })
    await delivery.accept(update(react('👍')))
    await delivery.run()
    expect(delivery.puts()).toEqual([{ reactions: [{ id: 7, emoji: '🏡' }, { emoji: '👍' }] }])
  })

  it('of the bridge is taken away again', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(react('👍')))
    await delivery.run()
    await delivery.accept(update(unreact('👍'), { receivedAt: at(1) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.reactions).toEqual([])
  })

  it('of a person is never taken away', async () => {
    const delivery = await deliveryUnderTest({ messages: [chatMessage({ reactions: [{ id: 7, emoji: '👍' }] })] })
    await delivery.accept(update(react('👍')))
    await delivery.run()
    await delivery.accept(update(unreact('👍'), { receivedAt: at(1) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.reactions).toEqual([{ id: 7, emoji: '👍' }])
    expect(delivery.puts()).toEqual([])
  })

  it('stays while another actor still wants it, and goes with the last of them', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(react('👍'), { actor: 'anna' }), update(react('👍'), { actor: 'ben' }))
    await delivery.run()
    await delivery.accept(update(unreact('👍'), { actor: 'anna', receivedAt: at(1) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.reactions).toHaveLength(1)
    await delivery.accept(update(unreact('👍'), { actor: 'ben', receivedAt: at(2) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.reactions).toEqual([])
    expect(delivery.puts()).toHaveLength(2)
  })

  it('is not claimed after a lost answer, so that a person’s is never taken for ours', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = ({ method }) => (method === 'PUT' ? { kind: 'reset', applied: true } : undefined)
    await delivery.accept(update(react('👍')))
    await delivery.run()
    delivery.erp.fault = undefined
    delivery.pass(60_000)
    await delivery.run()
    expect(delivery.puts()).toHaveLength(1)
    expect((await delivery.state()).own).toEqual({})
  })
})

describe('an attachment', () => {
  const file = (filename: string, given = {}) => ({ kind: 'attachment', attachment: { filename, ...given } }) as const

  it('is added with what its sender tells of it, but never with the sender’s id', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update({ ...file('a.pdf', { id: '7', filesize: '12' }), present: true }))
    await delivery.run()
    expect(delivery.puts()).toEqual([{ attachments: [{ filename: 'a.pdf', filesize: '12' }] }])
  })

  it('of the bridge is taken away again, and a person’s of the same name is not', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update({ ...file('a.pdf'), present: true }))
    await delivery.run()
    delivery.erp.edit(42, ({ attachments }) => attachments.push({ id: 99, filename: 'a.pdf' }))
    await delivery.accept(update({ ...file('a.pdf'), present: false }, { receivedAt: at(1) }))
    await delivery.run()
    expect(delivery.erp.message(42)?.attachments).toEqual([{ id: 99, filename: 'a.pdf' }])
  })

  it('is two where its sender gives two of one name different ids', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update({ ...file('scan.pdf', { id: '1' }), present: true }))
    await delivery.run()
    await delivery.accept(update({ ...file('scan.pdf', { id: '2' }), present: true }))
    await delivery.run()
    expect(delivery.erp.message(42)?.attachments).toHaveLength(2)
  })
})

describe('an ERP that can not be reached', () => {
  it('is tried again later, and then shows everything in one PUT', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    for (let second = 0; second < 50; second += 1) {
      await delivery.accept(update(second % 2 ? done : reopened, { receivedAt: at(second) }))
      await delivery.run()
      delivery.pass(1_000)
    }
    delivery.erp.fault = undefined
    delivery.pass(15 * 60_000)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
    const attempts = delivery.erp.requests.length
    expect(attempts).toBeLessThan(12)
    expect(delivery.puts()).toHaveLength(1)
  })

  it('is left alone as long as it asks for', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '120' } })
    await delivery.accept(update(done))
    await delivery.run()
    delivery.pass(119_000)
    await delivery.run()
    expect(delivery.gets()).toBe(1)
    delivery.pass(1_000)
    await delivery.run()
    expect(delivery.gets()).toBe(2)
  })

  it('never has more than one attempt on the queue for a chat message', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    for (let index = 0; index < 30; index += 1) await delivery.accept(update(done, { receivedAt: at(index) }))
    await delivery.run()
    delivery.pass(15 * 60_000)
    const delivered = await delivery.run()
    expect(delivered.filter(({ kind }) => kind === 'attempt')).toHaveLength(1)
  })

  it.each([
    ['a redirect', { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
    ['HTML with status 200', { kind: 'status', status: 200, body: '<html>Login</html>' }],
    ['JSON that is no chat message', { kind: 'status', status: 200, body: '{"error":"maintenance"}' }],
    ['HTML with status 404', { kind: 'status', status: 404, body: '<html>nginx</html>' }],
    ['a session that is refused', { kind: 'status', status: 401 }],
    ['a reset connection', { kind: 'reset' }],
    ['an error of the server', answered500],
  ] as const)('because its GET gets %s loses and parks nothing', async (_, fault) => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = () => fault
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.puts()).toEqual([])
    delivery.erp.fault = undefined
    delivery.pass(15 * 60_000)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('because it does not answer in time loses nothing', async () => {
    const delivery = await deliveryUnderTest({ timeout: 100 })
    delivery.erp.fault = () => ({ kind: 'silence' })
    await delivery.accept(update(done))
    await delivery.run()
    delivery.erp.fault = undefined
    delivery.pass(15 * 60_000)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })
})

describe('a PUT whose answer is lost', () => {
  it.each([
    ['applied', true],
    ['not applied', false],
  ])('and that was %s is looked after no earlier than a minute later', async (_, applied) => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = ({ method }) => (method === 'PUT' ? { ...answered500, applied } : undefined)
    await delivery.accept(update(done))
    await delivery.run()
    delivery.erp.fault = undefined
    delivery.pass(59_000)
    await delivery.accept(update(react('👍'), { receivedAt: at(59) }))
    await delivery.run()
    expect(delivery.puts()).toHaveLength(1)
    delivery.pass(1_000)
    await delivery.run()
    expect(delivery.erp.message(42)).toMatchObject({ completed: true, reactions: [{ emoji: '👍' }] })
    expect(delivery.puts()[1]).toEqual(
      applied ? { reactions: [{ emoji: '👍' }] } : { completed: true, reactions: [{ emoji: '👍' }] },
    )
  })
})

describe('what the ERP refuses for good', () => {
  it('is parked with the ERP’s answer, and does not come again', async () => {
    const delivery = await deliveryUnderTest({ messages: [] })
    await delivery.accept(update(done))
    await delivery.run()
    const { registers } = await delivery.state()
    expect(registers['completed']?.writes[0]?.parked).toMatchObject({
      reason: 'refused',
      status: 404,
      answer: '{"error":"not found"}',
    })
    expect(isDue(await delivery.state())).toBe(false)
    delivery.pass(24 * 3600_000)
    expect(await delivery.run()).toEqual([])
  })

  it('is found among all that is due, which goes through without it', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = ({ body }) =>
      body.includes('💩') ? { kind: 'status', status: 422, body: '{"error":"no"}' } : undefined
    await delivery.accept(update(done), update(react('💩')), update(react('👍')), update({ kind: 'text', text: 'neu' }))
    await delivery.run()
    expect(delivery.erp.message(42)).toMatchObject({
      completed: true,
      message_text: 'neu',
      reactions: [{ emoji: '👍' }],
    })
    const parked = Object.values((await delivery.state()).registers).flatMap(({ writes }) =>
      writes.filter((write) => write.parked),
    )
    expect(parked.map(({ change }) => change)).toEqual([react('💩')])
  })

  it('gives way to the wish before it', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(
      update({ kind: 'text', text: 'gut' }, { occurredAt: at(-2) }),
      update({ kind: 'text', text: 'böse' }, { occurredAt: at(-1) }),
    )
    delivery.erp.fault = ({ body }) => (body.includes('böse') ? { kind: 'status', status: 400, body: '{}' } : undefined)
    await delivery.run()
    expect(delivery.erp.message(42)?.message_text).toBe('gut')
  })
})

describe('the search for what the ERP refuses', () => {
  const refuses = (emoji: string) => (body: string) => body.includes(emoji)

  it('keeps what it fulfils where the answers to its PUTs do not tell the chat message', async () => {
    const delivery = await deliveryUnderTest()
    const isRefused = refuses('💩')
    delivery.erp.fault = ({ method, body }) => {
      if (isRefused(body)) return { kind: 'status', status: 422 }
      return method === 'PUT' ? { kind: 'status', status: 200, body: '{}', applied: true } : undefined
    }
    await delivery.accept(...['👍', '🎉', '💩'].map((emoji) => update(react(emoji))))
    await delivery.run()
    expect(delivery.emojis()).toEqual(['👍', '🎉'].sort())
  })

  it('leaves people’s reactions alone that come while it goes on', async () => {
    const delivery = await deliveryUnderTest()
    const isRefused = refuses('💩')
    delivery.erp.fault = ({ body }) => {
      if (!isRefused(body)) return undefined
      delivery.erp.edit(42, ({ reactions }) => reactions.push({ id: 100 + reactions.length, emoji: '🙋' }))
      return { kind: 'status', status: 422 }
    }
    await delivery.accept(...['👍', '🎉', '💩'].map((emoji) => update(react(emoji))))
    await delivery.run()
    expect(delivery.erp.message(42)?.reactions.filter(({ emoji }) => emoji === '🙋').length).toBeGreaterThan(0)
    expect(delivery.erp.message(42)?.reactions.map(({ emoji }) => emoji)).toEqual(expect.arrayContaining(['👍', '🎉']))
  })

  it('never outlives its lease, and goes on in the next one', async () => {
    const delivery = await deliveryUnderTest()
    const isRefused = refuses('🤮')
    delivery.erp.fault = ({ body }) => (isRefused(body) ? { kind: 'status', status: 422 } : undefined)
    const { erp } = delivery.dependencies
    const leases = new Set<string>()
    let late = 0
    const slow: typeof erp = {
      get: erp.get,
      async put(...call) {
        const { lease } = await delivery.state()
        leases.add(lease?.holder ?? '')
        delivery.pass(5_000)
        if ((lease?.until ?? 0) < delivery.clock()) late += 1
        return erp.put(...call)
      },
    }
    const deliver = createDeliver({ ...delivery.dependencies, erp: slow })
    const emojis = Array.from({ length: 30 }, (_, index) => String.fromCodePoint(0x1f600 + index))
    await delivery.accept(...[...emojis, '🤮'].map((emoji) => update(react(emoji))))
    for (let time = 0; time < 20; time += 1) {
      for (const { body, receipt } of await delivery.queue.receive({ max: 10, visibility: 90_000 })) {
        await deliver({ Records: [record(body)] })
        await delivery.queue.remove(receipt)
      }
      delivery.pass(1_000)
    }
    expect(delivery.emojis()).toEqual(emojis.sort())
    expect([leases.size, late]).toEqual([4, 0])
  })
})

describe('a crash', () => {
  it('between saving and trying leaves an attempt to the redelivered message, once the lease is over', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(done))
    const crashed = { ...delivery.dependencies.erp, get: () => Promise.reject(new Error('killed')) }
    const dying = await deliveryUnderTest({ ...delivery.dependencies, erp: crashed })
    const [message] = await delivery.queue.receive({ max: 1, visibility: 90_000 })
    const result = await dying.deliver({ Records: [record(message?.body ?? '', 'r1')] })
    expect(result.batchItemFailures).toEqual([])
    delivery.pass(91_000)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('of an attempt’s last save does not lose the attempt: it comes again', async () => {
    const { promise: once, reject } = Promise.withResolvers<never>()
    once.catch(() => {})
    reject(new Error('disk full'))
    let saves = 0
    const delivery = await deliveryUnderTest()
    const { states } = delivery
    const failing = {
      ...states,
      save: (...args: Parameters<typeof states.save>) => (++saves === 2 ? once : states.save(...args)),
    }
    const deliver = createDeliver({ ...delivery.dependencies, states: failing })
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    await delivery.accept(update(done))
    await delivery.run()
    delivery.erp.fault = undefined
    delivery.pass(15 * 60_000)
    const [message] = await delivery.queue.receive({ max: 1, visibility: 1_000 })
    await deliver({ Records: [record(message?.body ?? '', 'r1')] })
    await delivery.queue.remove(message?.receipt ?? '')
    delivery.pass(4_000)
    await delivery.run()
    delivery.pass(91_000)
    await delivery.run()
    expect(isDue(await delivery.state())).toBe(false)
    expect(await delivery.sweep()).toBe(0)
  })

  it('of a process that is known to be dead frees its lease at once', async () => {
    const delivery = await deliveryUnderTest({ isDead: (instance) => instance === 'dead' })
    await delivery.accept(update(done))
    const state = await delivery.state()
    const lease = { holder: 'dead/1', until: delivery.clock() + 90_000 }
    await delivery.states.save('42', { body: JSON.stringify({ ...state, lease }) }, undefined)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('that loses every signal is made good by the sweep', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.fault = () => ({ kind: 'status', status: 503 })
    await delivery.accept(update(done))
    await delivery.run()
    delivery.erp.fault = undefined
    delivery.pass(15 * 60_000)
    for (const { receipt } of await delivery.queue.receive({ max: 10, visibility: 1 }))
      await delivery.queue.remove(receipt)
    expect(await delivery.sweep()).toBe(1)
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
    delivery.pass(15 * 60_000)
    expect(await delivery.sweep()).toBe(0)
  })
})

describe('two at once for one chat message', () => {
  it('make one attempt at a time, and the second one’s wishes are not left behind', async () => {
    const delivery = await deliveryUnderTest()
    let second: Promise<unknown> | undefined
    delivery.erp.fault = () => {
      second ??= delivery.deliver({
        Records: [record(encode({ version: 1, kind: 'updates', updates: [update(react('👍'))] }))],
      })
      return undefined
    }
    await delivery.accept(update(done))
    await delivery.run()
    await second
    await delivery.run()
    expect(delivery.erp.message(42)).toMatchObject({ completed: true, reactions: [{ emoji: '👍' }] })
    expect(isDue(await delivery.state())).toBe(false)
  })

  it('add one attempt to the queue in all, however many bursts there are', async () => {
    const delivery = await deliveryUnderTest()
    for (let burst = 0; burst < 10; burst += 1) {
      let second: Promise<unknown> | undefined
      delivery.erp.fault = () => {
        const body = encode({
          version: 1,
          kind: 'updates',
          updates: [update(react('👍'), { actor: `actor ${burst}` })],
        })
        second ??= delivery.deliver({ Records: [record(body)] })
        return undefined
      }
      await delivery.accept(update(burst % 2 ? reopened : done, { receivedAt: at(burst) }))
      await delivery.run()
      await second
      delivery.pass(100)
    }
    delivery.pass(91_000)
    expect(await delivery.run()).toHaveLength(1)
  })

  it('leave nothing behind when twenty of them meet', async () => {
    const delivery = await deliveryUnderTest()
    delivery.erp.latency = 5
    const emojis = Array.from({ length: 20 }, (_, index) => String.fromCodePoint(0x1f600 + index))
    const results = await Promise.all(
      emojis.map((emoji) =>
        delivery.deliver({
          Records: [record(encode({ version: 1, kind: 'updates', updates: [update(react(emoji))] }))],
        }),
      ),
    )
    expect(results.every(({ batchItemFailures }) => batchItemFailures.length === 0)).toBe(true)
    delivery.pass(91_000)
    await delivery.run()
    expect(delivery.emojis()).toEqual(emojis)
  })
})

describe('a batch', () => {
  it('sends what can not be read to the dead letters with the reason, and its neighbours through', async () => {
    const delivery = await deliveryUnderTest()
    const unreadable = [
      'not json',
      '{"version":2,"kind":"updates"}',
      encode({ version: 1, kind: 'updates', updates: [] }),
    ]
    const result = await delivery.deliver({
      Records: [
        ...unreadable.map((body, index) => record(body, `bad ${index}`)),
        record(encode({ version: 1, kind: 'updates', updates: [update(done)] }), 'good'),
      ],
    })
    expect(result).toEqual({ batchItemFailures: [] })
    const dead = await delivery.deadLetters.receive({ max: 10, visibility: 1_000 })
    expect(dead.map(({ body }) => body)).toEqual(unreadable)
    expect(dead.every(({ reason }) => reason)).toBe(true)
    expect(delivery.erp.message(42)?.completed).toBe(true)
  })

  it('brings again later, and alone, the record whose chat message a newer version of the bridge has saved', async () => {
    const delivery = await deliveryUnderTest({ messages: [chatMessage(), chatMessage({ id: 43 })] })
    await delivery.states.save('43', { body: JSON.stringify({ format: 99 }) }, undefined)
    for (const messageId of ['42', '43']) await delivery.accept(update(done, { messageId }))
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
    for (let time = 0; time < 50; time += 1) {
      delivery.pass(16 * 60_000)
      await delivery.run()
    }
    expect(await delivery.deadLetters.receive({ max: 10, visibility: 1_000 })).toEqual([])
    const newer = await delivery.states.load('43')
    await delivery.states.save('43', { body: JSON.stringify(emptyState()) }, newer?.version)
    delivery.pass(16 * 60_000)
    await delivery.run()
    expect(delivery.erp.message(43)?.completed).toBe(true)
  })

  it('reports as failed only what can not even be sent again', async () => {
    const delivery = await deliveryUnderTest({ messages: [chatMessage(), chatMessage({ id: 43 })] })
    await delivery.states.save('43', { body: JSON.stringify({ format: 99 }) }, undefined)
    const queue = { send: () => Promise.reject(new Error('disk full')) }
    const deliver = createDeliver({ ...delivery.dependencies, queue })
    const result = await deliver({
      Records: ['42', '43'].map((messageId) => record(updates(update(done, { messageId })), messageId)),
    })
    expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: '43' }] })
    const nameless = deliver({ Records: [record(updates(update(done, { messageId: '43' })), '')] })
    await expect(nameless).rejects.toThrow(/without an id/)
  })

  it('gives up on a record that fails for over a week, and keeps it', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.states.save('42', { body: JSON.stringify({ format: 99 }) }, undefined)
    const body = encode({ version: 1, kind: 'updates', failures: 2_000, updates: [update(done)] })
    await delivery.deliver({ Records: [record(body)] })
    const dead = await delivery.deadLetters.receive({ max: 10, visibility: 1_000 })
    expect(dead).toMatchObject([{ reason: 'failed too often' }])
  })

  it('heals a damaged record: it is kept as a dead letter, and the chat message begins anew', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.states.save('42', { body: 'no state at all' }, undefined)
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.erp.message(42)?.completed).toBe(true)
    const dead = await delivery.deadLetters.receive({ max: 10, visibility: 1_000 })
    expect(dead).toMatchObject([{ body: 'no state at all', reason: 'a damaged state of chat message 42' }])
  })

  it('keeps an update that its record has no room for, as a dead letter that says so', async () => {
    const delivery = await deliveryUnderTest()
    const edits = Array.from({ length: 7 }, (_, index) =>
      update({ kind: 'text', text: `${index}${'x'.repeat(60_000)}` }, { occurredAt: at(index - 20) }),
    )
    for (const edit of edits) await delivery.accept(edit)
    await delivery.run()
    const dead = await delivery.deadLetters.receive({ max: 10, visibility: 1_000 })
    expect(dead.map(({ reason }) => reason)).toEqual(['full', 'full'])
  })

  it('takes a huge request apart, and attempts only some chat messages at once', async () => {
    const ids = Array.from({ length: 250 }, (_, id) => String(id + 1))
    const delivery = await deliveryUnderTest({ messages: ids.map((id) => chatMessage({ id: Number(id) })) })
    const next = async () => {
      const [message] = await delivery.queue.receive({ max: 1, visibility: 90_000 })
      await delivery.deliver({ Records: [record(message?.body ?? '')] })
      await delivery.queue.remove(message?.receipt ?? '')
    }
    await delivery.accept(...ids.map((messageId) => update(done, { messageId })))
    await next()
    expect(delivery.gets()).toBe(0)
    await next()
    expect(delivery.gets()).toBe(25)
    for (let time = 0; time < 3; time += 1) {
      delivery.pass(2_000)
      await delivery.run()
    }
    expect(ids.every((id) => delivery.erp.message(id)?.completed)).toBe(true)
  })

  it('reads a chat message whose lists have gaps', async () => {
    const delivery = await deliveryUnderTest()
    const gaps = { id: 42, completed: false, reactions: [{ id: null, emoji: null }], attachments: null, more: 1 }
    delivery.erp.fault = ({ method }) =>
      method === 'GET' ? { kind: 'status', status: 200, body: JSON.stringify(gaps) } : undefined
    await delivery.accept(update(done))
    await delivery.run()
    expect(delivery.puts()).toEqual([{ completed: true }])
  })

  it('drops an attempt that nobody waits for', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.queue.send(encode(attemptMessage('42', 1)))
    await delivery.run()
    expect(delivery.erp.requests).toEqual([])
    expect(await delivery.states.load('42')).toBeUndefined()
  })

  it('saves states that can be read again', async () => {
    const delivery = await deliveryUnderTest()
    await delivery.accept(update(done, { actor: 'anna', occurredAt: at(-1) }))
    await delivery.run()
    const stored = await delivery.states.load('42')
    expect(MessageState.safeParse(JSON.parse(stored?.body ?? '')).success).toBe(true)
  })
})
