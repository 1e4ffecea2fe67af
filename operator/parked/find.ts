import pMap from 'p-map'
import type { MessageStates } from '../../functions/ports/ports.ts'
import { parkedWrites, readState } from '../../functions/state/message/message-state.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { deadLetterItem, isNamed, isSelected, type ParkedItem, unreadableItem, writeItem } from './item.ts'
import { deadLetterId, type Id, type Selection } from './selection.ts'
import { walkDeadLetters } from './walk-dead-letters.ts'

/** Records that are loaded at once; each may have 350 KB. */
const concurrency = 20

/**
 * Finds parked writes and dead letters, oldest first.
 * @returns the selected items, and the ids that name nothing
 */
export async function findParked(
  { states, deadLetters }: Pick<BridgeAccess, 'states' | 'deadLetters'>,
  selection: Selection,
): Promise<{ items: ParkedItem[]; missing: Id[] }> {
  const items: ParkedItem[] = []
  const addIfSelected = (item: ParkedItem) => {
    if (isSelected(item, selection)) items.push(item)
  }
  await pMap(
    await chatMessages(states, selection),
    async ({ messageId, parkedAt }) => {
      for (const item of await parkedItemsOf(states, messageId, parkedAt)) addIfSelected(item)
    },
    { concurrency },
  )
  const ids = 'ids' in selection ? selection.ids : []
  const letters = new Set(ids.flatMap((id) => (id.kind === 'dead letter' ? [deadLetterId(id.letter)] : [])))
  await walkDeadLetters(
    deadLetters,
    async (letter) => {
      const item = deadLetterItem(letter)
      addIfSelected(item)
      letters.delete(item.id)
    },
    () => 'ids' in selection && letters.size === 0,
  )
  items.sort((one, other) => (one.at ?? 0) - (other.at ?? 0))
  return { items, missing: ids.filter((id) => !items.some((item) => isNamed(item, id))) }
}

/** The chat messages to look at: those named, else those with something parked. */
async function chatMessages(
  states: MessageStates,
  selection: Selection,
): Promise<{ messageId: string; parkedAt?: number }[]> {
  if (!('ids' in selection)) return states.parked(Number.MAX_SAFE_INTEGER)
  const ids = selection.ids.flatMap((id) => (id.kind === 'dead letter' ? [] : [id.messageId]))
  return [...new Set(ids)].map((messageId) => ({ messageId }))
}

/** Reads the parked items of one chat message. */
async function parkedItemsOf(states: MessageStates, messageId: string, parkedAt?: number): Promise<ParkedItem[]> {
  const stored = await states.load(messageId)
  if (!stored) return []
  const read = readState(stored.body)
  if ('unreadable' in read) return [unreadableItem(messageId, read.unreadable, parkedAt)]
  return parkedWrites(read.state).map((write) => writeItem(messageId, write))
}
