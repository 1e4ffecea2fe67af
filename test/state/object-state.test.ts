import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  emptyState,
  type MessageState,
  mergeUpdates,
  winningWrite,
} from '../../functions/state/message/message-state.ts'
import {
  emptyObject,
  forwardedUpdates,
  linkedTo,
  mergeObject,
  type ObjectState,
  objectKey,
  pruneObject,
  readObject,
  toObjectRecord,
} from '../../functions/state/object/object-state.ts'
import type { QueuedLink, QueuedObjectUpdate } from '../../functions/state/queue-message.ts'
import { at, done, noon, react, reopened, unreact } from '../support/factories.ts'

const day = 24 * 3600_000
const week = 7 * day
const empty = emptyObject('slack', 'C1/1')

function wish(given: Partial<QueuedObjectUpdate> = {}): QueuedObjectUpdate {
  const common = { source: 'slack', object: 'C1/1', position: 0, hold: week }
  return { ...common, eventId: 'e', receivedAt: at(0), change: done, ...given }
}

function link(given: Partial<QueuedLink> = {}): QueuedLink {
  const common = { source: 'slack', object: 'C1/1', messageId: '42', present: true, position: 0 }
  return { ...common, eventId: 'l', receivedAt: at(0), ...given }
}

const asked = (item: QueuedObjectUpdate | QueuedLink) =>
  'change' in item ? { updates: [item], links: [] } : { updates: [], links: [item] }
const folded = (items: (QueuedObjectUpdate | QueuedLink)[], from = empty) =>
  items.reduce((state, item) => mergeObject(state, asked(item)).state, from)

/** What a chat message stands for, register by register. */
function winners({ registers }: MessageState) {
  return Object.fromEntries(Object.entries(registers).map(([key, register]) => [key, winningWrite(register)?.identity]))
}

const wishes: fc.Arbitrary<QueuedObjectUpdate> = fc
  .record({
    eventId: fc.constantFrom('a', 'b', 'c'),
    occurredAt: fc.option(fc.integer({ min: -3, max: 30 }), { nil: undefined }),
    receivedAt: fc.integer({ min: 0, max: 20 }),
    actor: fc.constantFrom('anna', undefined),
    change: fc.constantFrom(done, reopened, react('👍'), unreact('👍')),
  })
  .map(({ occurredAt, receivedAt, actor, ...given }) =>
    wish({
      ...given,
      receivedAt: at(receivedAt),
      ...(occurredAt !== undefined && { occurredAt: at(occurredAt) }),
      ...(actor !== undefined && { actor }),
    }),
  )
const links: fc.Arbitrary<QueuedLink> = fc
  .record({
    eventId: fc.constantFrom('a', 'b', 'c'),
    occurredAt: fc.option(fc.integer({ min: -3, max: 30 }), { nil: undefined }),
    receivedAt: fc.integer({ min: 0, max: 20 }),
    messageId: fc.constantFrom('42', '43'),
    present: fc.boolean(),
  })
  .map(({ occurredAt, receivedAt, ...given }) =>
    link({ ...given, receivedAt: at(receivedAt), ...(occurredAt !== undefined && { occurredAt: at(occurredAt) }) }),
  )

describe('an object', () => {
  it('ends the same whatever the order of its links and wishes, and however often each comes', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(wishes, links), { maxLength: 8 }), fc.infiniteStream(fc.nat()), (items, chance) => {
        const draw = () => chance.next().value as number
        const shuffled = [...items, ...items.slice(0, 3)].map((item) => ({ item, key: draw() }))
        const other = shuffled.sort((one, two) => one.key - two.key).map(({ item }) => item)
        const [one, two] = [folded(items), folded(other)]
        expect([linkedTo(two).sort(), new Set(forwardedUpdates(two).map((each) => JSON.stringify(each)))]).toEqual([
          linkedTo(one).sort(),
          new Set(forwardedUpdates(one).map((each) => JSON.stringify(each))),
        ])
        expect(folded(other, one).links).toEqual(one.links)
      }),
    )
  })

  it('brings its chat messages to where they were had the link been there from the start, crashes between any two steps', () => {
    const step = fc.record({ index: fc.nat(), crashes: fc.constantFrom('before', 'between', 'not') })
    fc.assert(
      fc.property(
        fc.array(wishes, { maxLength: 8 }),
        fc.array(
          links.map((each) => ({ ...each, present: true })),
          { minLength: 1, maxLength: 3 },
        ),
        fc.array(step, { maxLength: 20 }),
        (happened, linked, steps) => {
          const items = [...happened, ...linked]
          let object: ObjectState = empty
          const messages = new Map<string, MessageState>()
          const deliver = (item: QueuedObjectUpdate | QueuedLink, crashes: string) => {
            if (crashes === 'before') return
            object = mergeObject(object, asked(item)).state
            if (crashes === 'between') return
            for (const update of forwardedUpdates(object)) {
              messages.set(update.messageId, mergeUpdates(messages.get(update.messageId) ?? emptyState(), [update]))
            }
          }
          for (const { index, crashes } of steps) {
            const item = items[index % items.length]
            if (item) deliver(item, crashes)
          }
          // Whatever crashed comes again.
          for (const item of items) deliver(item, 'not')
          for (const messageId of new Set(linked.map((each) => each.messageId))) {
            const direct = happened.map(({ object: _, hold: __, ...update }) => ({ ...update, messageId }))
            const expected = mergeUpdates(emptyState(), direct)
            expect(winners(messages.get(messageId) ?? emptyState())).toEqual(winners(expected))
          }
        },
      ),
    )
  })

  it('that a link left gets no later wish, but those that happened before', () => {
    const removed = folded([
      link({ occurredAt: at(-10) }),
      link({ present: false, occurredAt: at(-5), eventId: 'gone' }),
    ])
    const after = folded([wish({ occurredAt: at(-9), eventId: 'before' }), wish({ eventId: 'after' })], removed)
    expect([linkedTo(after), forwardedUpdates(after).map(({ eventId }) => eventId)]).toEqual([[], ['before']])
    expect(linkedTo(folded([link({ eventId: 'again' })], after))).toEqual(['42'])
  })

  it('has 20 links at most, and makes room only for those that are gone', () => {
    const many = Array.from({ length: 20 }, (_, index) => link({ messageId: String(index), occurredAt: at(-10) }))
    const full = folded(many)
    expect(mergeObject(full, { updates: [], links: [link({ messageId: '99' })] })).toMatchObject({ beyond: 1 })
    const freed = folded([link({ messageId: '7', present: false })], full)
    expect(linkedTo(folded([link({ messageId: '99' })], freed))).toContain('99')
  })

  it('forgets wishes when their time is over, keeps its links, and is forgotten itself when it has none', () => {
    const waiting = folded([wish({ hold: 2 * day })])
    expect(toObjectRecord(waiting)).toMatchObject({ expiresAt: expect.any(Number) })
    expect(toObjectRecord(waiting)?.linkedAt).toBeUndefined()
    const later = pruneObject(folded([link()], waiting), noon + 3 * day)
    expect([later.registers, linkedTo(later)]).toEqual([{}, ['42']])
    expect(toObjectRecord(later)).toMatchObject({ linkedAt: noon })
    expect(toObjectRecord(pruneObject(waiting, noon + 8 * day))).toBeUndefined()
    expect(forwardedUpdates(folded([link()], pruneObject(folded([wish({ hold: 0 })]), noon + 1)))).toEqual([])
  })

  it('is read as it was saved, and in no other format', () => {
    const state = folded([wish(), link()])
    expect(readObject(JSON.stringify(state))).toEqual({ state })
    expect(readObject(JSON.stringify({ ...state, format: 2 }))).toEqual({ unreadable: 'newer' })
    for (const body of ['', '{}', '[]', 'null']) expect(readObject(body)).toEqual({ unreadable: 'damaged' })
  })

  it('has a key that no chat message has and that tells nothing of what its source called it', () => {
    const key = objectKey({ source: 'slack', object: 'C1/../../x' })
    expect(key).toMatch(/^object:[\w-]{43}$/)
    expect(objectKey({ source: 'slac', object: 'kC1/../../x' })).not.toBe(key)
  })
})
