import { describe, expect, it } from 'vitest'
import {
  dueRegisters,
  emptyState,
  markApplied,
  mergeUpdates,
  park,
} from '../../functions/state/message/message-state.ts'
import { judge, type Verdict } from '../chaos/oracle.ts'
import { runChaos } from '../chaos/run.ts'
import { type Told, tell } from '../chaos/story.ts'
import { chatMessage } from '../support/delivery.ts'
import { at, done, noon, reopened, update } from '../support/factories.ts'

describe('a story of chaos', () => {
  it('is the same for the same seed, and another one for another', () => {
    const [one, again, other] = [7, 7, 8].map((seed) => tell({ seed, count: 500, start: noon }))
    expect(one).toEqual(again)
    expect(one?.told).not.toEqual(other?.told)
    expect(one?.told).toHaveLength(500)
  })

  it('survived by real processes ends with nothing lost and nothing wrong', async () => {
    const outcome = await runChaos({ seed: 1, events: 120, home: 'one-machine', workers: 2, sessions: true }, () => {})
    expect(outcome).toMatchObject({ accepted: 120, lost: [], wrong: [] })
    const { fulfilled, superseded, stale, parked } = outcome.fates
    expect(Math.min(outcome.erp.expiries, outcome.erp.refusedLogins)).toBeGreaterThan(0)
    expect(fulfilled + superseded + stale + parked).toBe(120)
    expect(
      Math.min(outcome.kills.worker, outcome.kills['front door'], outcome.edits, parked, superseded),
    ).toBeGreaterThan(0)
  }, 150_000)
})

describe('the oracle of chaos', () => {
  const told: Told[] = ['task.done', 'task.reopened', 'task.done'].map((type, index) => ({
    event: { id: `e${index}`, type, messageId: '42', occurredAt: at(index - 10) },
    register: '42 completed',
    rank: index,
    isTimed: true,
    isRefusable: false,
  }))
  const updates = [done, reopened, done].map((change, index) =>
    update(change, { eventId: `e${index}`, occurredAt: at(index - 10) }),
  )
  const folded = mergeUpdates(emptyState(), updates)
  const wishes = dueRegisters(folded).map(({ key, write }) => ({ key, identity: write.identity }))
  const good = {
    messageId: '42',
    told,
    before: chatMessage(),
    will: { gone: [], added: [] },
    record: JSON.stringify(markApplied(folded, wishes)),
    after: chatMessage({ completed: true }),
    isDoubtful: () => false,
  }
  const faults = ({ lost, wrong }: Verdict) => [lost.length, wrong.length]

  it('finds nothing where the newest event is shown', () => {
    expect(judge(good)).toEqual({
      fates: { fulfilled: 1, superseded: 2, stale: 0, parked: 0 },
      lost: [],
      wrong: [],
      orphans: 0,
    })
  })

  it('finds what is nowhere, what is due, what is parked without need, and what is not the newest', () => {
    const withoutOne = markApplied(mergeUpdates(emptyState(), updates.slice(1)), wishes)
    expect(faults(judge({ ...good, record: JSON.stringify(withoutOne) }))).toEqual([1, 0])
    expect(judge({ ...good, record: JSON.stringify(folded) }).wrong).toEqual(
      expect.arrayContaining([expect.stringContaining('still due')]),
    )
    const parked = park(folded, wishes, { reason: 'refused', at: noon })
    expect(judge({ ...good, record: JSON.stringify(parked) }).wrong).toEqual(
      expect.arrayContaining([expect.stringContaining('which the ERP would take')]),
    )
    const outdated = JSON.stringify(markApplied(mergeUpdates(emptyState(), updates.slice(0, 1)), wishes))
    expect(faults(judge({ ...good, record: outdated }))).not.toEqual([0, 0])
    expect(judge({ ...good, record: undefined }).lost).toHaveLength(3)
  })

  it('finds what the ERP should not show, and what it should', () => {
    const reactions = [{ id: 1, emoji: '👍' }]
    for (const after of [
      chatMessage({ completed: false }),
      chatMessage({ completed: true, message_text: 'another' }),
      chatMessage({ completed: true, reactions }),
      undefined,
    ]) {
      expect(faults(judge({ ...good, after }))).toEqual([0, 1])
    }
    expect(faults(judge({ ...good, before: chatMessage({ reactions }) }))).toEqual([0, 1])
  })

  it('takes a reaction that the bridge could not know for its own for an orphan, and only such a one', () => {
    const after = chatMessage({ completed: true, reactions: [{ id: 1, emoji: '👍' }] })
    expect(judge({ ...good, after, isDoubtful: () => true })).toMatchObject({ orphans: 1, wrong: [] })
    const owned = JSON.stringify({ ...markApplied(folded, wishes), own: { 'reaction:👍': 1 } })
    expect(judge({ ...good, after, record: owned, isDoubtful: () => true }).wrong).toHaveLength(1)
  })

  it('wants what people changed to stand', () => {
    const will = { completed: false, text: 'theirs', gone: ['🏡'], added: ['🧡'] }
    const before = chatMessage({ reactions: [{ id: 1, emoji: '🏡' }] })
    const after = chatMessage({ completed: false, message_text: 'theirs', reactions: [{ id: 2, emoji: '🧡' }] })
    expect(faults(judge({ ...good, before, will, after }))).toEqual([0, 0])
    expect(faults(judge({ ...good, before, will }))).toEqual([0, 3])
  })
})
