import pMap from 'p-map'
import type { MessageStates, ReceivedMessage } from '../../functions/ports/ports.ts'
import {
  drop,
  type MessageState,
  parkedWishes,
  readState,
  redrive,
  type Wish,
} from '../../functions/state/message/message-state.ts'
import { recordOf } from '../../functions/state/message/schedule.ts'
import { attemptMessage, decode, encode, updatesMessage } from '../../functions/state/queue-message.ts'
import { explain } from '../../local/error-messages.ts'
import type { Home } from '../open/bridge.ts'
import type { SetAside } from './item.ts'
import { idOfLetter } from './selection.ts'
import { walkDeadLetters } from './walk-dead-letters.ts'

/** Records that are changed side by side. */
const sideBySide = 20

/** What became of one thing that was set aside; `why` says why it could not be done. */
export type Outcome = { id: string; why?: string }

/** What an operator can decide of something that is set aside. */
export type Decision = {
  /** "redriven", "dropped". */
  done: string
  /** Why it can't be done with one thing; undefined where it can. */
  whyNot(item: SetAside): string | undefined
  /** @param step called for each thing that is done, or could not be */
  carryOut(home: DecisionHome, items: readonly SetAside[], step: () => void): Promise<Outcome[]>
}
type DecisionHome = Pick<Home, 'states' | 'queue' | 'deadLetters'>

/**
 * Makes due again what was set aside. Killed at any moment it loses nothing: a parked wish is due once it is saved, and the
 * sweep finds it; a dead letter goes only after its message is on the queue, and twice there does no harm. It never hastens:
 * where an attempt has to wait, because the ERP asked for that or an answer was lost, it waits.
 */
export const redriving: Decision = {
  done: 'redriven',
  whyNot(item) {
    if (item.kind === 'record' && item.unreadable === 'newer') {
      return 'a newer version of the bridge wrote this record: redrive it with that version'
    }
    if (item.kind === 'dead letter' && item.unreadable !== undefined) {
      return `deliver can't read it (${item.unreadable}), so it would come right back: look at it with show, then drop it, or redrive it with the version of the bridge that wrote it`
    }
    return undefined
  },
  async carryOut({ states, queue, deadLetters }, items, step) {
    const letters = await forLetters(deadLetters, items, step, async ({ body }) => {
      const decoded = decode(body)
      if ('unreadable' in decoded) throw new Error(decoded.unreadable)
      // Its failures are forgotten: what failed too often would come right back.
      const { message } = decoded
      const neverFailed =
        message.kind === 'updates'
          ? updatesMessage(message, { trace: message.trace })
          : { ...message, failures: undefined }
      await queue.send(encode(neverFailed))
    })
    const wishes = await forChatMessages(items, step, async (messageId, some) => {
      // Of a damaged record deliver makes a dead letter, and begins anew.
      const outcomes = some.some(({ kind }) => kind === 'record')
        ? some.map(({ id }) => ({ id }))
        : await changeRecord(states, messageId, some, redrive)
      await queue.send(encode(attemptMessage(messageId))).catch((cause) => {
        throw new Error(`the sweep has to find it, its attempt could not be sent: ${explain(cause)}`, { cause })
      })
      return outcomes
    })
    return [...wishes, ...letters]
  },
}

/** Forgets for good what was set aside. */
export const dropping: Decision = {
  done: 'dropped',
  whyNot(item) {
    if (item.kind !== 'record') return undefined
    return item.unreadable === 'newer'
      ? 'a newer version of the bridge wrote this record: drop with that version what is parked of it'
      : 'this record may hold more than what is parked: redrive it, which makes a dead letter of it, and drop that'
  },
  async carryOut({ states, deadLetters }, items, step) {
    const letters = await forLetters(deadLetters, items, step, async () => {})
    const wishes = await forChatMessages(items, step, (messageId, some) => changeRecord(states, messageId, some, drop))
    return [...wishes, ...letters]
  },
}

/** Does something for each chat message that some of the items are of. */
async function forChatMessages(
  items: readonly SetAside[],
  step: () => void,
  act: (messageId: string, items: readonly SetAside[]) => Promise<Outcome[]>,
): Promise<Outcome[]> {
  const groups = Map.groupBy(
    items.filter(({ kind }) => kind !== 'dead letter'),
    ({ messageId = '' }) => messageId,
  )
  const outcomes = await pMap(
    groups,
    async ([messageId, some]) => {
      try {
        return await act(messageId, some)
      } catch (error) {
        return some.map(({ id }) => ({ id, why: explain(error) }))
      } finally {
        for (const _ of some) step()
      }
    },
    { concurrency: sideBySide },
  )
  return outcomes.flat()
}

/** Does something for each of the items that is a dead letter, and then ends that one's life. */
async function forLetters(
  deadLetters: Home['deadLetters'],
  items: readonly SetAside[],
  step: () => void,
  act: (letter: ReceivedMessage) => Promise<void>,
): Promise<Outcome[]> {
  const wanted = new Set(items.flatMap(({ kind, id }) => (kind === 'dead letter' ? [id] : [])))
  const outcomes: Outcome[] = []
  let whyNot = 'it is no longer there, or in another command’s hands'
  await walkDeadLetters(
    deadLetters,
    async (letter, remove) => {
      const id = idOfLetter(letter.id)
      if (!wanted.delete(id)) return
      try {
        await act(letter)
        await remove()
        outcomes.push({ id })
      } catch (error) {
        outcomes.push({ id, why: explain(error) })
      }
      step()
    },
    () => wanted.size === 0,
  ).catch((error) => {
    whyNot = explain(error)
  })
  for (const id of wanted) outcomes.push({ id, why: whyNot })
  return outcomes
}

/** Changes what is parked of one chat message, whatever else happens to its record at the same time. */
async function changeRecord(
  states: MessageStates,
  messageId: string,
  items: readonly SetAside[],
  change: (state: MessageState, wishes: readonly Wish[]) => MessageState,
): Promise<Outcome[]> {
  for (;;) {
    const stored = await states.load(messageId)
    const read = stored && readState(stored.body)
    if (read && 'unreadable' in read) throw new Error(`its record can't be read any more (${read.unreadable})`)
    const parked = read ? parkedWishes(read.state) : []
    const wishes = parked.filter(({ identity }) => items.some((item) => isWish(item, identity)))
    if (read && wishes.length > 0) {
      const record = recordOf(change(read.state, wishes), Date.now())
      // Somebody else saved in between: what they did counts.
      if ((await states.save(messageId, record, stored?.version)) === undefined) continue
    }
    return items.map((item) =>
      wishes.some(({ identity }) => isWish(item, identity))
        ? { id: item.id }
        : { id: item.id, why: 'it is no longer parked' },
    )
  }
}

function isWish(item: SetAside, identity: string): boolean {
  return item.kind === 'wish' && item.wish.identity === identity
}
