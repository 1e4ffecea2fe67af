import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resolveLookup } from '../../functions/lookups/plan.ts'
import { createProviderApis } from '../../functions/lookups/providers.ts'
import type { Queue, ReceivedMessage } from '../../functions/ports/ports.ts'
import { receive, toQueueMessage } from '../../functions/receive/receive.ts'
import {
  dueRegisters,
  emptyState,
  markApplied,
  mergeUpdates,
  winningWrite,
} from '../../functions/state/message/message-state.ts'
import { decode, encode, type QueuedLookup, type QueueMessage } from '../../functions/state/queue-message.ts'
import { redriveAction } from '../../operator/parked/actions.ts'
import { deadLetterItem } from '../../operator/parked/item.ts'
import { type AsanaEvent, startAsana } from '../sources/asana/api-server.ts'
import { asanaWebhook } from '../sources/asana/sender.ts'
import { type Delivery, deliveryUnderTest, record } from '../support/delivery.ts'
import { context, noon } from '../support/factories.ts'

const week = 7 * 24 * 3600_000
const reference = 'Kundin: https://club.iw-erp.de/chat/chatroom_message/42'

/** An Asana, and everything from its webhooks to a simulated ERP, on one clock that the test moves. */
async function asanaUnderTest({
  options = {},
  token = 'pat',
  log,
}: {
  options?: object
  token?: string | undefined
  log?: Delivery['dependencies']['log']
} = {}) {
  let now = () => noon
  const asana = await startAsana({ now: () => now() })
  const source = { name: 'asana', kind: 'asana', lookUps: true, apiUrl: asana.url, ...options }
  const tokens = { stored: token as string | undefined, remembered: token as string | undefined }
  const delivery = await deliveryUnderTest({
    ...(log && { log }),
    providers: (clock) =>
      createProviderApis(new Map([['asana', source]]), {
        clock,
        timeout: 500,
        tokens: {
          async of(_, { fresh = false } = {}) {
            if (fresh) tokens.remembered = tokens.stored
            return tokens.remembered
          },
        },
      }),
  })
  now = delivery.clock
  return {
    ...delivery,
    asana,
    tokens,
    /** Takes events as ingest does. @returns the answer */
    async webhook(events: AsanaEvent[], url = '/webhooks/asana') {
      const at = { now: new Date(delivery.clock()) }
      const reception = await receive(asanaWebhook({ events }, { url }), source, context(at))
      const { status, body = '' } = reception.response
      if (status === 202) await delivery.queue.send(encode(toQueueMessage(reception, source, at)))
      return { status, ...(JSON.parse(body) as { accepted: object[]; ignored: { reason: string }[] }) }
    },
    completed: () => delivery.erp.message(42)?.completed,
    /** Dead letters with their reasons. */
    async dead(): Promise<{ message: QueueMessage; reason: string | undefined }[]> {
      return (await peek(delivery.deadLetters)).map(({ body, reason }) => ({ message: JSON.parse(body), reason }))
    },
    /** The messages that can be received, each of which stays so. */
    async waiting(): Promise<QueueMessage[]> {
      return (await peek(delivery.queue)).map(({ body }) => JSON.parse(body))
    },
  }
}
async function peek(queue: Pick<Queue, 'receive' | 'release'>): Promise<ReceivedMessage[]> {
  const messages = await queue.receive({ max: 10, visibility: 1_000 })
  for (const { receipt } of messages) await queue.release(receipt, 0)
  return messages
}

type Story = Awaited<ReturnType<typeof asanaUnderTest>>

/** A task that refers to chat message 42, already linked. */
async function linkedTask(story: Story): Promise<void> {
  await story.webhook([story.asana.add('7', { notes: reference })])
  await story.run()
}

describe('a webhook of Asana that has to be looked up', () => {
  it('is accepted with its task, and without a type, since nobody knows yet what happened', async () => {
    const { asana, webhook } = await asanaUnderTest()
    expect(await webhook([asana.complete('7')])).toEqual({
      status: 202,
      accepted: [{ eventId: '7:changed:completed:2026-11-22T12:00:00.000Z', object: '7' }],
      ignored: [],
    })
  })

  it('is ignored where the source has no API token, may not change that, or whose text does not count', async () => {
    const cases: [object, string, string][] = [
      [{ lookUps: false }, 'completed', 'option lookUps'],
      [{ meanings: ['reaction'], references: 'none' }, 'completed', 'option meanings'],
      [{ references: 'none' }, 'notes', 'says nothing'],
      [{}, 'assignee', 'says nothing'],
    ]
    for (const [options, field, reason] of cases) {
      const { asana, webhook } = await asanaUnderTest({ options })
      const event = { ...asana.complete('7'), change: { field, action: 'changed' } }
      const { status, accepted, ignored } = await webhook([event])
      expect([status, accepted, ignored[0]?.reason]).toEqual([200, [], expect.stringContaining(reason)])
    }
  })

  it('says nothing by its stories then, for what happened once would be wished twice', async () => {
    const { asana, webhook } = await asanaUnderTest()
    const event = asana.complete('7')
    const resource = { gid: '8', resource_type: 'story', resource_subtype: 'marked_complete' }
    const story = { ...event, action: 'added', resource, parent: event['resource'], change: undefined }
    expect(await webhook([event, story])).toMatchObject({ accepted: [{ object: '7' }], ignored: [{}] })
  })

  it('is not looked up without its time, nor for a URL that names what can be no chat message', async () => {
    const { asana, webhook } = await asanaUnderTest()
    const event = asana.complete('7')
    expect(await webhook([{ ...event, created_at: undefined }])).toMatchObject({ status: 200, accepted: [] })
    expect(await webhook([event], '/webhooks/asana/a%20b')).toMatchObject({ status: 200, accepted: [] })
  })
})

describe('an event of Asana', () => {
  const odd = fc.oneof(fc.string(), fc.constantFrom('7', 'x'.repeat(300), null, 7, '2026-11-22T12:00:00.000Z', '../me'))
  const event = fc.record({
    action: fc.oneof(fc.constantFrom('changed', 'added', 'undeleted', 'deleted'), odd),
    created_at: fc.oneof(fc.constantFrom('2026-11-22T12:00:00.000Z', '0000-01-01T00:00:00Z'), odd),
    resource: fc.record({ gid: odd, resource_type: fc.oneof(fc.constant('task'), odd) }),
    change: fc.option(fc.record({ field: fc.oneof(fc.constantFrom('completed', 'notes'), odd) })),
  })
  it('whatever stands in it, is accepted as something that deliver can read, or ignored with a reason', async () => {
    const source = { name: 'asana', kind: 'asana', lookUps: true }
    await fc.assert(
      fc.asyncProperty(fc.array(event), async (events) => {
        const { response, lookUps, ...asked } = await receive(asanaWebhook({ events }), source, context())
        expect(response.status).toBe(lookUps ? 202 : 200)
        if (lookUps)
          expect(decode(encode(toQueueMessage({ ...asked, lookUps }, source, context())))).toHaveProperty('message')
        const { accepted, ignored } = JSON.parse(response.body ?? '')
        expect(accepted.length).toBe(lookUps?.length ?? 0)
        expect(accepted.length + ignored.length > 0).toBe(true)
      }),
    )
  })

  it('leads to no other place of the API than a task', async () => {
    const { asana, webhook, run } = await asanaUnderTest()
    await webhook(['../users', '..', '7?x=', '7/stories'].map((gid) => asana.complete(gid)))
    await run()
    expect(asana.requests).toEqual([])
  })
})

describe('a task in Asana', () => {
  it('completes the chat message that its notes refer to, and opens it again', async () => {
    const story = await asanaUnderTest()
    const { asana, webhook, run, completed, pass } = story
    await linkedTask(story)
    expect(story.puts()).toEqual([])
    pass(60_000)
    await webhook([asana.complete('7')])
    await run()
    expect(completed()).toBe(true)
    pass(60_000)
    await webhook([asana.complete('7', false)])
    await run()
    expect([completed(), story.puts().length]).toEqual([false, 2])
  })

  it('completes the chat message that the URL names, and no other', async () => {
    const { asana, webhook, run, completed } = await asanaUnderTest()
    asana.add('7', { notes: 'chatroom_message/43' })
    expect((await webhook([asana.complete('7')], '/webhooks/asana/42')).accepted).toMatchObject([{ messageId: '42' }])
    await run()
    expect(completed()).toBe(true)
  })

  it('imposes nothing by its text, whatever its state is, and does not touch what people changed since', async () => {
    const story = await asanaUnderTest()
    const { asana, webhook, run, completed, pass } = story
    asana.add('7', { completed: true, completed_at: '2026-11-22T10:00:00.000Z' })
    await webhook([asana.write('7', reference)])
    await run()
    expect(completed()).toBe(false)
    pass(1_000)
    await webhook([asana.complete('7')])
    await run()
    expect(completed()).toBe(true)
    story.erp.edit(42, (message) => {
      message.completed = false
    })
    pass(1_000)
    await webhook([asana.write('7', `${reference} dringend`)])
    await run()
    expect([completed(), story.puts().length]).toEqual([false, 1])
  })

  it('is asked for once, however many events of it come together', async () => {
    const { asana, webhook, run, completed, clock } = await asanaUnderTest()
    const added = asana.add('7', { notes: reference })
    await webhook([added, asana.write('7', reference), asana.complete('7')])
    await webhook([asana.complete('7')])
    await run()
    expect([completed(), asana.requests.length, clock()]).toEqual([true, 1, noon])
    const [{ url, authorization } = {}] = asana.requests
    expect(url).toBe('/api/1.0/tasks/7?opt_fields=completed,completed_at,modified_at,name,notes')
    expect(authorization).toBe('Bearer pat')
  })
})

describe('a look-up that fails for now', () => {
  it('comes again alone, while the rest of its webhook is done', async () => {
    const story = await asanaUnderTest()
    const { asana, webhook, run, completed, pass, waiting } = story
    await linkedTask(story)
    await webhook([asana.complete('7')])
    asana.fault = () => ({ status: 500 })
    await run()
    expect(completed()).toBe(false)
    asana.fault = undefined
    pass(3_000)
    expect(await waiting()).toMatchObject([{ updates: [], links: [], lookUps: [{ object: '7' }], failures: 1 }])
    await run()
    expect(completed()).toBe(true)
  })

  it.each([
    ['breaks off', { status: 200, body: '{"data":' }],
    ['is no task', { status: 200, body: '{"data":{}}' }],
    ['leads elsewhere', { status: 302, headers: { location: 'https://elsewhere.example/' } }],
    ['is a proxy’s', { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['is 503', { status: 503, headers: { 'retry-after': 'soon' } }],
  ])('is asked again where the answer %s', async (_, fault) => {
    const story = await asanaUnderTest()
    await linkedTask(story)
    await story.webhook([story.asana.complete('7')])
    story.asana.fault = () => fault
    await story.run()
    expect([story.completed(), await story.dead()]).toEqual([false, []])
    story.asana.fault = undefined
    story.pass(3_000)
    await story.run()
    expect(story.completed()).toBe(true)
  })

  it('waits for as long as Asana says, and so do all others of the source', async () => {
    const story = await asanaUnderTest()
    const { asana, webhook, run, completed, pass } = story
    await linkedTask(story)
    const asked = asana.requests.length
    asana.fault = () => ({ status: 429, headers: { 'retry-after': '30' } })
    await webhook([asana.complete('7')])
    await run()
    asana.fault = undefined
    await webhook([asana.complete('8')])
    await run()
    pass(29_000)
    await run()
    expect([completed(), asana.requests.length - asked]).toEqual([false, 1])
    pass(3_000)
    await run()
    expect([completed(), asana.requests.length - asked]).toEqual([true, 3])
  })

  it('takes the token that an operator stored meanwhile', async () => {
    const story = await asanaUnderTest()
    await linkedTask(story)
    story.asana.token = 'new'
    await story.webhook([story.asana.complete('7')])
    await story.run()
    expect(story.completed()).toBe(false)
    story.tokens.stored = 'new'
    story.pass(3_000)
    await story.run()
    expect(story.completed()).toBe(true)
  })

  it('waits for the first token', async () => {
    const story = await asanaUnderTest({ token: undefined })
    story.tokens.remembered = undefined
    story.tokens.stored = undefined
    await story.webhook([story.asana.add('7', { notes: reference })])
    await story.run()
    expect(story.asana.requests).toEqual([])
    story.tokens.remembered = 'pat'
    story.pass(3_000)
    await story.run()
    expect(story.asana.requests).toHaveLength(1)
  })

  it('for a week is a dead letter, which begins anew when it is redriven', async () => {
    const story = await asanaUnderTest()
    const { asana, webhook, run, pass, queue, dead } = story
    asana.fault = () => ({ status: 500 })
    await webhook([asana.complete('7')])
    for (let days = 0; days <= 7; days += 1) {
      await run()
      pass(24 * 3600_000)
    }
    expect(await dead()).toEqual([])
    await run()
    const [{ message, reason } = {}] = await dead()
    expect(reason).toBe('look-up failed for too long: status 500')
    expect(Object.keys(message ?? {})).not.toContain('failures')
    expect(message).toMatchObject({ lookUps: [{ object: '7' }] })
    await queue.send(encode(message as QueueMessage))
    await run()
    expect(await dead()).toHaveLength(1)
  })

  it('does not multiply where its webhook can not be stored either', async () => {
    const story = await asanaUnderTest()
    const { asana, webhook, pass, states, waiting } = story
    await linkedTask(story)
    const { save } = states
    asana.fault = ({ url = '' }) => (url.includes('/tasks/8') ? { status: 500 } : undefined)
    asana.add('8')
    await webhook([asana.complete('7'), asana.complete('8')])
    states.save = () => Promise.reject(new Error('full'))
    for (let time = 1; time <= 5; time += 1) {
      await story.run()
      pass(15 * 60_000)
      expect(await waiting()).toHaveLength(1)
    }
    states.save = save
    asana.fault = undefined
    await story.run()
    expect(story.completed()).toBe(true)
  })
})

describe('an answer', () => {
  it('that came only when it was redriven is found by the id of its webhook, too', async () => {
    const lines: [string, Record<string, unknown>][] = []
    const story = await asanaUnderTest({ log: (event, fields) => lines.push([event, fields]) })
    await linkedTask(story)
    story.asana.hidden.add('7')
    await story.webhook([story.asana.complete('7')])
    for (const { body, receipt } of await story.queue.receive({ max: 1, visibility: 1_000 })) {
      await story.queue.remove(receipt)
      await story.queue.send(encode({ ...JSON.parse(body), trace: 'JKJaXmPLvHcESHA=' }))
    }
    await story.run()
    story.asana.hidden.clear()
    await redriveAction.run(story, (await peek(story.deadLetters)).map(deadLetterItem))
    await story.run()
    const attempts = lines.filter(([event]) => event === 'attempt')
    expect(attempts.at(-1)?.[1]).toMatchObject({ outcome: 'fulfilled', traces: ['JKJaXmPLvHcESHA='] })
  })

  it('that nobody may see the task is kept for the operator, with the reason', async () => {
    const story = await asanaUnderTest()
    await linkedTask(story)
    story.asana.hidden.add('7')
    await story.webhook([story.asana.complete('7')])
    await story.run()
    const [{ message, reason } = {}] = await story.dead()
    expect(reason).toBe('look-up refused: status 403')
    expect(message).not.toHaveProperty('failures')
    story.asana.hidden.clear()
    const letters = (await peek(story.deadLetters)).map(deadLetterItem)
    expect(letters).toMatchObject([{ kind: 'dead letter', source: 'asana', object: '7', asks: 'look-up' }])
    await redriveAction.run(story, letters)
    await story.run()
    expect(story.completed()).toBe(true)
  })

  it('that the source asks nothing any more is kept too', async () => {
    const { asana, webhook, queue, waiting, run, dead } = await asanaUnderTest()
    await webhook([asana.complete('7')])
    const [message] = await waiting()
    await run()
    await queue.send(JSON.stringify(message).replace('"source":"asana"', '"source":"former"'))
    await run()
    expect((await dead()).map(({ reason }) => reason)).toEqual([
      'look-up refused: the source asks nothing any more (option lookUps)',
    ])
  })

  it('that there is no such task counts once Asana has had a minute to know it', async () => {
    const logged: unknown[] = []
    const { asana, webhook, run, pass, dead, waiting } = await asanaUnderTest({
      log: (event, fields) => void logged.push([event, fields['outcome']]),
    })
    await webhook([asana.complete('7')])
    asana.tasks.clear()
    for (let seconds = 0; seconds <= 75; seconds += 15) {
      await run()
      pass(15_000)
    }
    expect(logged.at(-1)).toEqual(['look-up', 'gone'])
    expect([await dead(), await waiting()]).toEqual([[], []])
  })

  it('that is older than the event is not the last word', async () => {
    const story = await asanaUnderTest()
    await linkedTask(story)
    story.pass(60_000)
    const before = structuredClone(story.asana.tasks.get('7'))
    await story.webhook([story.asana.complete('7')])
    const after = story.asana.tasks.get('7')
    if (before && after) {
      story.asana.tasks.set('7', before)
      await story.run()
      story.asana.tasks.set('7', after)
    }
    story.pass(3_000)
    await story.run()
    expect(story.completed()).toBe(true)
  })
})

describe('a task that has long been there', () => {
  it('is linked at once when it is added to a project, which does not count as a change of it', async () => {
    const { asana, webhook, run, completed, pass } = await asanaUnderTest()
    const added = asana.add('7', { notes: reference, completed: true })
    pass(3600_000)
    await webhook([{ ...added, created_at: new Date(noon + 3600_000).toISOString() }, asana.complete('8')])
    await run()
    pass(1_000)
    await webhook([asana.complete('7')])
    await run()
    expect([completed(), asana.requests.length]).toEqual([true, 3])
  })
})

describe('a webhook of many tasks', () => {
  it('has each of them looked up once, some at a time', async () => {
    const { asana, webhook, run, pass } = await asanaUnderTest({ options: { lookUpsPerMinute: 1500 } })
    const tasks = Array.from({ length: 120 }, (_, index) => String(index))
    await webhook(tasks.map((gid) => asana.add(gid)))
    for (let seconds = 0; seconds < 10; seconds += 1) {
      await run()
      pass(1_000)
    }
    const asked = asana.requests.map(({ url }) => /tasks\/(\d+)/.exec(url)?.[1])
    expect(asked.toSorted()).toEqual(tasks.toSorted())
  })

  it('leaves the attempts to the queue where looking up took too long for one batch', async () => {
    const story = await asanaUnderTest()
    const { asana, webhook, queue, run, deliver, completed, pass } = story
    await linkedTask(story)
    await webhook([asana.complete('7')])
    asana.fault = () => {
      pass(6_000)
      return undefined
    }
    const [message] = await queue.receive({ max: 1, visibility: 60_000 })
    await deliver({ Records: [record(message?.body ?? '')] })
    await queue.remove(message?.receipt ?? '')
    expect([completed(), story.gets()]).toEqual([false, 0])
    pass(1_000)
    await run()
    expect(completed()).toBe(true)
  })
})

describe('the rate limit', () => {
  it('holds back what is too much, spread out, and counts it as no failure', async () => {
    const { asana, webhook, run, pass, waiting, gets } = await asanaUnderTest({ options: { lookUpsPerMinute: 60 } })
    await webhook(Array.from({ length: 20 }, (_, index) => asana.add(String(index))))
    await run()
    expect(asana.requests).toHaveLength(10)
    for (let seconds = 1; seconds <= 10; seconds += 1) {
      pass(1_000)
      for (const message of await waiting()) expect(message).not.toHaveProperty('failures')
      await run()
      expect(asana.requests.length).toBeLessThanOrEqual(10 + seconds)
    }
    for (let minute = 0; minute < 3; minute += 1) {
      pass(60_000)
      await run()
    }
    expect([asana.requests.length, gets()]).toEqual([20, 0])
  })
})

describe('the log', () => {
  it('has no text and no token of a look-up', async () => {
    const lines: string[] = []
    const { asana, webhook, run } = await asanaUnderTest({ log: (...line) => void lines.push(JSON.stringify(line)) })
    await webhook([asana.add('7', { name: 'Geheimer Name', notes: reference })])
    await run()
    expect(lines.join()).toContain('"look-up"')
    for (const secret of ['Geheimer', 'chatroom_message', '"pat"']) expect(lines.join()).not.toContain(secret)
  })
})

describe('answers', () => {
  /** A task that is completed and opened in turns, 10 s apart, and when each event's look-ups are answered: ms after it. */
  const histories = fc.record({
    reads: fc.array(fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 8,
    }),
    first: fc.boolean(),
    /** How far our clock is off. */
    skew: fc.integer({ min: -30_000, max: 30_000 }),
    latency: fc.integer({ min: 0, max: 3_000 }),
    order: fc.infiniteStream(fc.nat()),
  })
  const timeOf = (index: number) => noon + index * 10_000
  const iso = (time: number) => new Date(time).toISOString()

  /** What is asked for by one look-up of a history's event that is answered at a time. */
  function read(index: number, at: number, { first, skew, latency, reads }: HistoryOf<typeof histories>) {
    const latest = Math.min(reads.length - 1, Math.floor((at - noon) / 10_000))
    const completed = (latest % 2 === 0) === first
    const occurredAt = iso(timeOf(index))
    const asked: QueuedLookup = {
      source: 'asana',
      object: '7',
      eventId: `7:changed:completed:${occurredAt}`,
      occurredAt,
      receivedAt: iso(timeOf(index) + latency + skew),
      asks: ['completed'],
      modifies: true,
      hold: week,
    }
    const state = { completed, completedAt: completed ? iso(timeOf(latest)) : undefined, texts: [] }
    return resolveLookup(asked, state, new Date(at + latency + skew)).objectUpdates
  }

  it('end, in any order and however often, at the newest state, and what is fulfilled then is never due again', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { reads, order } = history
        const all = reads.flatMap((delays, index) => delays.map((delay) => ({ index, at: timeOf(index) + delay })))
        const shuffled = all
          .map((one) => ({ one, key: order.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ one: { index, at } }) => read(index, at, history))
        const state = mergeUpdates(emptyState(), shuffled.flat())
        const last = (reads.length - 1) % 2 === 0
        const wish = winningWrite(state.registers['completed'] ?? { writes: [] })
        expect(wish?.change).toEqual({ kind: 'completed', value: last === history.first })

        const fulfilled = markApplied(state, [{ key: 'completed', identity: wish?.identity ?? '' }])
        const late = reads.flatMap((_, index) => read(index, noon + 1_000_000, history))
        expect(dueRegisters(mergeUpdates(fulfilled, late))).toEqual([])
      }),
    )
  })
})
type HistoryOf<T> = T extends fc.Arbitrary<infer History> ? History : never
