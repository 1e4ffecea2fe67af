import type { Queue } from '../../functions/ports/ports.ts'
import { parkedWrites, readState } from '../../functions/state/message/message-state.ts'
import { decode } from '../../functions/state/queue-message.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { deadLetterItem, isNamed, listed, unreadableItem, writeItem } from './item.ts'
import type { Id } from './selection.ts'
import { walkDeadLetters } from './walk-dead-letters.ts'

/** Everything that is known of an item, its change included. */
type Shown = { id: string } & Record<string, unknown>

/** Reads the items of an id, with the ERP's answers and the changes; none where nothing is parked under it. */
export async function showParked(
  { states, deadLetters }: Pick<BridgeAccess, 'states' | 'deadLetters'>,
  id: Id,
): Promise<Shown[]> {
  if (id.kind === 'dead letter') return showDeadLetter(deadLetters, id)
  const stored = await states.load(id.messageId)
  if (!stored) return []
  const read = readState(stored.body)
  if ('unreadable' in read) return [{ ...listed(unreadableItem(id.messageId, read.unreadable)), body: stored.body }]
  return parkedWrites(read.state).flatMap((parkedWrite): Shown[] => {
    const item = writeItem(id.messageId, parkedWrite)
    if (!isNamed(item, id)) return []
    const { change, parked } = parkedWrite.write
    return [{ ...listed(item), register: parkedWrite.key, status: parked.status, answer: parked.answer, change }]
  })
}

async function showDeadLetter(deadLetters: Queue, id: Id): Promise<Shown[]> {
  const shown: Shown[] = []
  await walkDeadLetters(
    deadLetters,
    async (letter) => {
      const item = deadLetterItem(letter)
      if (!isNamed(item, id)) return
      const decoded = decode(letter.body)
      shown.push({
        ...listed(item),
        ...('message' in decoded ? { message: decoded.message } : { body: letter.body }),
      })
    },
    () => shown.length > 0,
  )
  return shown
}
