import pMap from 'p-map'
import type { MessageStates, ReceivedMessage } from '../../functions/ports/ports.ts'
import {
  drop,
  type MessageState,
  parkedWrites,
  readState,
  redrive,
  type WriteRef,
} from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { attemptMessage, decode, encode, updatesMessage } from '../../functions/state/queue-message.ts'
import { errorMessage } from '../../local/error-messages.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import type { ParkedItem } from './item.ts'
import { deadLetterId } from './selection.ts'
import { walkDeadLetters } from './walk-dead-letters.ts'

/** Records that are changed side by side. */
const sideBySide = 20

/** What became of one thing that was set aside; `why` says why it could not be done. */
export type Outcome = { id: string; why?: string }

/** What an operator can decide of something that is set aside. */
export type ParkedAction = {
  /** "redriven", "dropped". */
  done: string
  /** Why it can't be done with one thing; undefined where it can. */
  blocker(item: ParkedItem): string | undefined
  /** @param step called for each thing that is done, or could not be */
  run(home: DecisionHome, items: readonly ParkedItem[], step: () => void): Promise<Outcome[]>
}
type DecisionHome = Pick<BridgeAccess, 'states' | 'queue' | 'deadLetters'>

/**
 * Makes due again what was set aside. Killed at any moment it loses nothing: a parked wish is due once it is saved, and the
 * sweep finds it; a dead letter goes only after its message is on the queue, and twice there does no harm. It never hastens:
 * where an attempt has to wait, because the ERP asked for that or an answer was lost, it waits.
 */
export const redriveAction: ParkedAction = {
  done: 'redriven',
  blocker(item) {
    if (item.kind === 'record' && item.unreadable === 'newer') {
      return 'a newer version of the bridge wrote this record: redrive it with that version'
    }
    if (item.kind === 'dead letter' && item.unreadable !== undefined) {
      return `deliver can't read it (${item.unreadable}), so it would come right back: look at it with show, then drop it, or redrive it with the version of the bridge that wrote it`
    }
    return undefined
  },
  async run({ states, queue, deadLetters }, items, step) {
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
        throw new Error(`the sweep has to find it, its attempt could not be sent: ${errorMessage(cause)}`, { cause })
      })
      return outcomes
    })
    return [...wishes, ...letters]
  },
}

/** Forgets for good what was set aside. */
export const dropAction: ParkedAction = {
  done: 'dropped',
  blocker(item) {
    if (item.kind !== 'record') return undefined
    return item.unreadable === 'newer'
      ? 'a newer version of the bridge wrote this record: drop with that version what is parked of it'
      : 'this record may hold more than what is parked: redrive it, which makes a dead letter of it, and drop that'
  },
  async run({ states, deadLetters }, items, step) {
    const letters = await forLetters(deadLetters, items, step, async () => {})
    const wishes = await forChatMessages(items, step, (messageId, some) => changeRecord(states, messageId, some, drop))
    return [...wishes, ...letters]
  },
}

/** Does something for each chat message that some of the items are of. */
async function forChatMessages(
  items: readonly ParkedItem[],
  step: () => void,
  act: (messageId: string, items: readonly ParkedItem[]) => Promise<Outcome[]>,
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
        return some.map(({ id }) => ({ id, why: errorMessage(error) }))
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
  deadLetters: BridgeAccess['deadLetters'],
  items: readonly ParkedItem[],
  step: () => void,
  act: (letter: ReceivedMessage) => Promise<void>,
): Promise<Outcome[]> {
  const wanted = new Set(items.flatMap(({ kind, id }) => (kind === 'dead letter' ? [id] : [])))
  const outcomes: Outcome[] = []
  let whyNot = 'it is no longer there, or in another command’s hands'
  await walkDeadLetters(
    deadLetters,
    async (letter, remove) => {
      const id = deadLetterId(letter.id)
      if (!wanted.delete(id)) return
      try {
        await act(letter)
        await remove()
        outcomes.push({ id })
      } catch (error) {
        outcomes.push({ id, why: errorMessage(error) })
      }
      step()
    },
    () => wanted.size === 0,
  ).catch((error) => {
    whyNot = errorMessage(error)
  })
  for (const id of wanted) outcomes.push({ id, why: whyNot })
  return outcomes
}

/** Changes what is parked of one chat message, whatever else happens to its record at the same time. */
async function changeRecord(
  states: MessageStates,
  messageId: string,
  items: readonly ParkedItem[],
  change: (state: MessageState, wishes: readonly WriteRef[]) => MessageState,
): Promise<Outcome[]> {
  for (;;) {
    const stored = await states.load(messageId)
    const read = stored && readState(stored.body)
    if (read && 'unreadable' in read) throw new Error(`its record can't be read any more (${read.unreadable})`)
    const parked = read ? parkedWrites(read.state) : []
    const wishes = parked.filter(({ identity }) => items.some((item) => isWish(item, identity)))
    if (read && wishes.length > 0) {
      const record = toRecord(change(read.state, wishes), Date.now())
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

function isWish(item: ParkedItem, identity: string): boolean {
  return item.kind === 'wish' && item.wish.identity === identity
}
