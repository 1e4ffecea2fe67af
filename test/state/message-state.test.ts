import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  drop,
  dueRegisters,
  emptyState,
  isDue,
  type MessageState,
  markApplied,
  mergeUpdates,
  mergeWithinLimit,
  type ParkedWrite,
  park,
  parkedWrites,
  parkOverdue,
  prune,
  readState,
  redrive,
  trimToLimit,
} from '../../functions/state/message/message-state.ts'
import type { QueuedUpdate } from '../../functions/state/queue-message.ts'
import { at, done, noon, react, reopened, unreact, update } from '../support/factories.ts'

const day = 24 * 3600

/** What the bridge wants, register by register, without what only bookkeeping needs. */
function wanted(state: MessageState) {
  return dueRegisters(state).map(({ write }) => write.change)
}

/** Updates that collide on purpose: few moments, few ids, few actors; with and without a time, from the past and the future. */
const colliding: fc.Arbitrary<QueuedUpdate> = fc
  .record({
    eventId: fc.constantFrom('a', 'b', 'c', 'd'),
    occurredAt: fc.option(fc.integer({ min: -3, max: 30 }), { nil: undefined }),
    receivedAt: fc.integer({ min: 0, max: 20 }),
    position: fc.integer({ min: 0, max: 2 }),
    actor: fc.constantFrom('anna', 'ben', undefined),
    change: fc.constantFrom(
      done,
      reopened,
      react('👍'),
      unreact('👍'),
      react('👍🏽'),
      react('❤️'),
      unreact('❤'),
      react('👩‍👩‍👧'),
    ),
  })
  .map(({ occurredAt, receivedAt, actor, ...rest }) =>
    update(rest.change, {
      ...rest,
      receivedAt: at(receivedAt),
      ...(occurredAt !== undefined && { occurredAt: at(occurredAt) }),
      ...(actor !== undefined && { actor }),
    }),
  )
const few = fc.array(colliding, { maxLength: 8 })

describe('fold', () => {
  it('makes no difference of the order in which updates arrive', () => {
    const shuffled = few.chain((updates) =>
      fc.tuple(fc.constant(updates), fc.shuffledSubarray(updates, { minLength: updates.length })),
    )
    fc.assert(
      fc.property(shuffled, ([updates, others]) => {
        expect(mergeUpdates(emptyState(), others)).toEqual(mergeUpdates(emptyState(), updates))
      }),
      { numRuns: 2000, seed: 1 },
    )
  })

  it('makes no difference of how updates are divided into batches', () => {
    fc.assert(
      fc.property(few, few, (first, second) => {
        expect(mergeUpdates(mergeUpdates(emptyState(), first), second)).toEqual(
          mergeUpdates(emptyState(), [...first, ...second]),
        )
      }),
      { numRuns: 2000, seed: 2 },
    )
  })

  it('makes no difference of updates that come again', () => {
    fc.assert(
      fc.property(few, (updates) => {
        const once = mergeUpdates(emptyState(), updates)
        expect(mergeUpdates(once, updates)).toEqual(once)
      }),
      { numRuns: 2000, seed: 3 },
    )
  })

  it('makes no difference of when an event is refused: before or after others arrive, or between its repeats', () => {
    fc.assert(
      fc.property(few, few, fc.nat(), (first, second, pick) => {
        const before = mergeUpdates(emptyState(), first)
        const due = dueRegisters(before)
        if (due.length === 0) return
        const { key, write } = due[pick % due.length] as (typeof due)[number]
        const refuse = (state: MessageState) =>
          park(state, [{ key, identity: write.identity }], { reason: 'refused', at: noon })
        expect(mergeUpdates(refuse(before), [...second, ...first])).toEqual(refuse(mergeUpdates(before, second)))
      }),
      { numRuns: 2000, seed: 6 },
    )
  })

  it('never lets the record grow beyond its size, and hands back just what it leaves out', () => {
    const limit = 2_000
    fc.assert(
      fc.property(few, few, (first, second) => {
        const updates = [...first, ...second]
        const { state, full } = mergeWithinLimit(emptyState(), updates, limit)
        expect(JSON.stringify(state).length).toBeLessThanOrEqual(limit)
        expect(
          mergeUpdates(
            emptyState(),
            updates.filter((one) => !full.includes(one)),
          ),
        ).toEqual(state)
      }),
      { numRuns: 2000, seed: 7 },
    )
  })

  it('leaves the given state as it is', () => {
    const before = mergeUpdates(emptyState(), [update(done)])
    const copy = structuredClone(before)
    mergeUpdates(before, [update(reopened), update(react('👍'))])
    expect(before).toEqual(copy)
  })

  it('lets the newest event win, whichever arrives last', () => {
    const state = mergeUpdates(emptyState(), [
      update(reopened, { occurredAt: at(-10), receivedAt: at(5) }),
      update(done, { occurredAt: at(-20), receivedAt: at(9) }),
    ])
    expect(wanted(state)).toEqual([reopened])
  })

  it('does not let a clock that is ahead win over what comes later', () => {
    const state = mergeUpdates(emptyState(), [
      update(done, { occurredAt: at(30 * day), receivedAt: at(0) }),
      update(reopened, { occurredAt: at(60), receivedAt: at(60) }),
    ])
    expect(wanted(state)).toEqual([reopened])
  })

  it('takes a late repeat of an event without a time for what it was when it came first', () => {
    const first = update(done, { eventId: 'e1', receivedAt: at(0) })
    const others = Array.from({ length: 20 }, (_, second) =>
      update(second % 2 ? done : reopened, { receivedAt: at(10 + second) }),
    )
    const last = update(reopened, { receivedAt: at(100) })
    const repeat = { ...first, receivedAt: at(3 * day) }
    expect(wanted(mergeUpdates(mergeUpdates(emptyState(), [first, ...others, last]), [repeat]))).toEqual([reopened])
  })

  it('takes a late repeat of an event from a clock that was ahead for what it was when it came first', () => {
    const ahead = update(done, { eventId: 'e1', occurredAt: at(300), receivedAt: at(0) })
    const others = Array.from({ length: 9 }, (_, second) => update(reopened, { receivedAt: at(10 + second) }))
    const repeat = { ...ahead, receivedAt: at(360) }
    expect(wanted(mergeUpdates(mergeUpdates(emptyState(), [ahead, ...others]), [repeat]))).toEqual([reopened])
  })

  it('keeps events apart that use the same id for different things', () => {
    const state = mergeUpdates(emptyState(), [
      update(done, { eventId: 'same', occurredAt: at(1), receivedAt: at(10) }),
      update(reopened, { eventId: 'same', occurredAt: at(2), receivedAt: at(10) }),
    ])
    expect(wanted(state)).toEqual([reopened])
  })

  it('gives every actor a wish of their own about an emoji, however it is written', () => {
    const state = mergeUpdates(emptyState(), [
      update(react('❤️'), { actor: 'anna' }),
      update(unreact('❤'), { actor: 'anna', receivedAt: at(1) }),
      update(react('❤'), { actor: 'ben' }),
    ])
    expect(wanted(state)).toEqual([unreact('❤'), react('❤')])
  })
})

describe('what is due', () => {
  const first = update(done, { occurredAt: at(-3), eventId: 'first' })
  const state = mergeUpdates(emptyState(), [first])
  const [wish] = dueRegisters(state).map(({ key, write }) => ({ key, identity: write.identity }))
  if (!wish) throw new Error('nothing is due')

  it('ends when the ERP shows it, and does not begin again when the event is repeated', () => {
    const shown = markApplied(state, [wish])
    expect(isDue(shown)).toBe(false)
    expect(isDue(mergeUpdates(shown, [{ ...first, receivedAt: at(day) }]))).toBe(false)
  })

  it('is not begun by an older event that comes late', () => {
    expect(isDue(mergeUpdates(markApplied(state, [wish]), [update(reopened, { occurredAt: at(-9) })]))).toBe(false)
  })

  it('falls back to the write before, when the newest is refused', () => {
    const newer = mergeUpdates(markApplied(state, [wish]), [update(reopened, { occurredAt: at(-1) })])
    const [refused] = dueRegisters(newer).map(({ key, write }) => ({ key, identity: write.identity }))
    if (!refused) throw new Error('nothing is due')
    const parked = park(newer, [refused], { reason: 'refused', at: noon, status: 422, answer: '{}' })
    expect(isDue(parked)).toBe(false)
    expect(Object.values(parked.registers)[0]?.writes).toHaveLength(2)
  })

  it('stays refused when the refused event comes again', () => {
    const parked = park(state, [wish], { reason: 'refused', at: noon })
    expect(isDue(mergeUpdates(parked, [{ ...first, receivedAt: at(9) }]))).toBe(false)
  })

  it('notes since when, and forgets it once fulfilled', () => {
    const since = prune(prune(state, noon), noon + 5000)
    expect(since.registers['completed']?.dueSince).toBe(noon)
    expect(prune(markApplied(since, [wish]), noon).registers['completed']?.dueSince).toBeUndefined()
  })
})

describe('the record', () => {
  it('keeps the newest eight writes of a register, and beyond them the newest that was not refused', () => {
    let state = mergeUpdates(emptyState(), [update(done, { occurredAt: at(-100) })])
    for (let second = 0; second < 12; second += 1) {
      state = mergeUpdates(state, [update(reopened, { occurredAt: at(-50 + second) })])
      const [newest] = dueRegisters(state)
      if (newest)
        state = park(state, [{ key: newest.key, identity: newest.write.identity }], { reason: 'refused', at: noon })
    }
    const { writes } = state.registers['completed'] ?? { writes: [] }
    expect(writes).toHaveLength(9)
    expect(wanted(state)).toEqual([done])
  })

  it('stays within its size: what does not fit is handed back, the rest is folded', () => {
    const text = 'x'.repeat(60_000)
    const edits = Array.from({ length: 8 }, (_, index) =>
      update({ kind: 'text', text: `${index}${text}` }, { occurredAt: at(index - 20) }),
    )
    const { state, full } = mergeWithinLimit(emptyState(), [...edits, update(done)], 350 * 1024)
    expect(full).toHaveLength(3)
    expect(wanted(state)).toContainEqual(done)
  })

  it('has room for what is wanted after many refusals: their answers go first', () => {
    const reactions = Array.from({ length: 800 }, (_, index) => update(react('👍'), { actor: `actor ${index}` }))
    const state = mergeUpdates(emptyState(), reactions)
    const wishes = dueRegisters(state).map(({ key, write }) => ({ key, identity: write.identity }))
    const parked = trimToLimit(
      park(state, wishes, { reason: 'refused', at: noon, status: 422, answer: 'x'.repeat(500) }),
    )
    expect(JSON.stringify(parked).length).toBeLessThan(350 * 1024)
    expect(mergeWithinLimit(parked, [update(done)]).full).toEqual([])
    expect(Object.values(parked.registers)[0]?.writes[0]?.parked).toEqual({ reason: 'refused', at: noon, status: 422 })
  })

  it('forgets old removals once it is half full, behind a floor that older wishes can not pass', () => {
    const texts = Array.from({ length: 3 }, (_, index) =>
      update({ kind: 'text', text: 'x'.repeat(60_000) }, { occurredAt: at(index - 20) }),
    )
    const removed = update(unreact('👍'), { actor: 'anna', occurredAt: at(-60) })
    const state = mergeUpdates(emptyState(), [removed, ...texts])
    const wishes = dueRegisters(state).map(({ key, write }) => ({ key, identity: write.identity }))
    const later = noon + 8 * day * 1000
    const tidied = prune(markApplied(state, wishes), later)
    expect(Object.keys(tidied.registers)).toEqual(['text'])
    const late = { receivedAt: new Date(later).toISOString() }
    const older = update(react('👍'), { actor: 'anna', occurredAt: at(-61), ...late })
    const newer = update(react('👍'), { actor: 'anna', occurredAt: at(-59), ...late })
    expect(mergeWithinLimit(tidied, [older])).toMatchObject({ stale: 1, state: { registers: tidied.registers } })
    expect(wanted(mergeUpdates(tidied, [newer]))).toEqual([react('👍')])
    expect(Object.keys(prune(state, later).registers)).toHaveLength(2)
  })

  it('is read in the format of the version before, and in no other', () => {
    const { floor: _, ...state } = mergeUpdates(emptyState(), [update(done)])
    expect(readState(JSON.stringify({ ...state, format: 1 }))).toEqual({ state: { ...state, format: 4, floor: 0 } })
    expect(readState(JSON.stringify({ ...state, format: 5, floor: 0 }))).toEqual({ unreadable: 'newer' })
    for (const body of ['', 'null', '[]', '{}', '{"format":0}', '{"format":3}']) {
      expect(readState(body)).toEqual({ unreadable: 'damaged' })
    }
  })

  it('parks by age register by register, and a redrive lets the age begin anew', () => {
    const early = prune(mergeUpdates(emptyState(), [update(done), update(reopened, { occurredAt: at(-9) })]), noon)
    const both = prune(mergeUpdates(early, [update(react('👍'))]), noon + 5 * day * 1000)
    const parked = parkOverdue(both, noon, noon + 7 * day * 1000)
    expect(wanted(parked)).toEqual([react('👍')])
    const redriven = prune(redrive(parked), noon + 9 * day * 1000)
    expect(wanted(redriven)).toEqual([react('👍'), done])
    expect(redriven.registers['completed']?.dueSince).toBe(noon + 9 * day * 1000)
  })

  it('redrives and drops just the parked wishes that are named, and those that are dropped stay so', () => {
    const writes = ['a', 'b'].map((eventId, index) => update(done, { eventId, occurredAt: at(-index) }))
    const state = mergeUpdates(emptyState(), [...writes, update(react('👍'))])
    const wishes = dueRegisters(state).map(({ key, write }) => ({ key, identity: write.identity }))
    const parked = park(state, wishes, { reason: 'refused', at: noon, status: 422 })
    const [completed, reaction] = [parkedWrites(parked)[1], parkedWrites(parked)[0]] as [ParkedWrite, ParkedWrite]
    expect([completed.write.eventId, reaction.write.change]).toEqual(['a', react('👍')])

    const redriven = redrive(parked, [completed])
    expect(parkedWrites(redriven)).toEqual([reaction])
    expect(dueRegisters(redriven).map(({ write }) => write.eventId)).toEqual(['a'])

    const dropped = drop(parked, [completed, reaction])
    expect([parkedWrites(dropped), redrive(dropped)]).toEqual([[], dropped])
    expect(dueRegisters(dropped).map(({ write }) => write.eventId)).toEqual(['b'])
    // Neither a repeat nor the object that passed it on brings it back.
    expect(mergeUpdates(dropped, writes)).toEqual(dropped)
    expect(drop(state, wishes)).toEqual(state)
  })

  it('forgets first arrivals after a week', () => {
    const state = mergeUpdates(emptyState(), [update(done)])
    expect(Object.keys(prune(state, noon + 6 * day * 1000).firstArrivals)).toHaveLength(1)
    expect(Object.keys(prune(state, noon + 8 * day * 1000).firstArrivals)).toHaveLength(0)
  })
})
