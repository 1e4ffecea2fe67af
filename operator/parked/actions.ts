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

/** Records that are changed at once. */
const concurrency = 20

/** What became of one item; `why` says why nothing could be done. */
type Outcome = { id: string; why?: string }

/** What an operator can do with parked items. */
export type ParkedAction = {
  /** "redriven", "dropped". */
  done: string
  /** Why it cannot be done with an item; undefined where it can. */
  blocker(item: ParkedItem): string | undefined
  run(bridge: ActionBridge, items: readonly ParkedItem[]): Promise<Outcome[]>
}
type ActionBridge = Pick<BridgeAccess, 'states' | 'queue' | 'deadLetters'>

/**
 * Makes parked items due again. It may be killed at any moment: a write is due once its record is saved, and the sweep finds
 * it; a dead letter is removed only after its message is on the queue, and a duplicate there does no harm. An attempt that
 * has to wait, because the ERP asked for that or an answer was lost, still waits.
 */
export const redriveAction: ParkedAction = {
  done: 'redriven',
  blocker(item) {
    if (item.kind === 'record' && item.unreadable === 'newer') {
      return 'a newer version of the bridge wrote this record: redrive it with that version'
    }
    if (item.kind === 'dead letter' && item.unreadable !== undefined) {
      return `deliver cannot read it (${item.unreadable}), so it would come right back: look at it with show, then drop it, or redrive it with the version of the bridge that wrote it`
    }
    return undefined
  },
  async run({ states, queue, deadLetters }, items) {
    const letters = await forDeadLetters(deadLetters, items, async ({ body }) => {
      const decoded = decode(body)
      if ('unreadable' in decoded) throw new Error(decoded.unreadable)
      // Without its count of failures, or it would come right back.
      const { message } = decoded
      const neverFailed =
        message.kind === 'updates'
          ? updatesMessage(message, { trace: message.trace })
          : { ...message, failures: undefined }
      await queue.send(encode(neverFailed))
    })
    const writes = await forChatMessages(items, async (messageId, some) => {
      // Deliver makes a dead letter of a damaged record, and starts a new one.
      const outcomes = some.some(({ kind }) => kind === 'record')
        ? some.map(({ id }) => ({ id }))
        : await changeRecord(states, messageId, some, redrive)
      await queue.send(encode(attemptMessage(messageId))).catch((cause) => {
        throw new Error(
          `it is due, but its attempt could not be sent, so it waits for the sweep: ${errorMessage(cause)}`,
          { cause },
        )
      })
      return outcomes
    })
    return [...writes, ...letters]
  },
}

/** Discards parked items for good. */
export const dropAction: ParkedAction = {
  done: 'dropped',
  blocker(item) {
    if (item.kind !== 'record') return undefined
    return item.unreadable === 'newer'
      ? 'a newer version of the bridge wrote this record: drop with that version what is parked of it'
      : 'this record may hold more than what is parked: redrive it, which makes a dead letter of it, and drop that'
  },
  async run({ states, deadLetters }, items) {
    const letters = await forDeadLetters(deadLetters, items, async () => {})
    const writes = await forChatMessages(items, (messageId, some) => changeRecord(states, messageId, some, drop))
    return [...writes, ...letters]
  },
}

/** Calls `act` for each chat message of the items that are no dead letters. */
async function forChatMessages(
  items: readonly ParkedItem[],
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
      }
    },
    { concurrency },
  )
  return outcomes.flat()
}

/** Calls `act` for each of the items that is a dead letter, and removes it afterwards. */
async function forDeadLetters(
  deadLetters: BridgeAccess['deadLetters'],
  items: readonly ParkedItem[],
  act: (letter: ReceivedMessage) => Promise<void>,
): Promise<Outcome[]> {
  const wanted = new Set(items.flatMap(({ kind, id }) => (kind === 'dead letter' ? [id] : [])))
  const outcomes: Outcome[] = []
  let whyMissing = 'it is no longer there, or another command has it'
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
    },
    () => wanted.size === 0,
  ).catch((error) => {
    whyMissing = errorMessage(error)
  })
  for (const id of wanted) outcomes.push({ id, why: whyMissing })
  return outcomes
}

/** Changes parked writes of one chat message; begins again when something else saved the record meanwhile. */
async function changeRecord(
  states: MessageStates,
  messageId: string,
  items: readonly ParkedItem[],
  change: (state: MessageState, writes: readonly WriteRef[]) => MessageState,
): Promise<Outcome[]> {
  for (;;) {
    const stored = await states.load(messageId)
    const read = stored && readState(stored.body)
    if (read && 'unreadable' in read) throw new Error(`its record cannot be read any more (${read.unreadable})`)
    const parked = read ? parkedWrites(read.state) : []
    const writes = parked.filter(({ identity }) => items.some((item) => isWrite(item, identity)))
    if (read && writes.length > 0) {
      const record = toRecord(change(read.state, writes), Date.now())
      // Something else saved in between: its save counts.
      if ((await states.save(messageId, record, stored?.version)) === undefined) continue
    }
    return items.map((item) =>
      writes.some(({ identity }) => isWrite(item, identity))
        ? { id: item.id }
        : { id: item.id, why: 'it is no longer parked' },
    )
  }
}

function isWrite(item: ParkedItem, identity: string): boolean {
  return item.kind === 'write' && item.ref.identity === identity
}
