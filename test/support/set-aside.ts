import { onTestFinished } from 'vitest'
import type { MessageStates, Queue } from '../../functions/ports/ports.ts'
import {
  emptyState,
  mergeUpdates,
  type Parked,
  park,
  parkedWrites,
} from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { encode, type QueuedUpdate } from '../../functions/state/queue-message.ts'
import { openStorage, type Storage } from '../../local/storage/storage.ts'
import { writeId } from '../../operator/parked/selection.ts'

/** The data in a folder, as one more process sees them. */
export function dataIn(folder: string): Storage {
  const data = openStorage(folder)
  onTestFinished(() => data.close())
  return data
}

/** Saves a chat message of which these wishes are parked. @returns their ids, as an operator calls them */
export async function parkedIn(
  states: MessageStates,
  messageId: string,
  updates: readonly QueuedUpdate[],
  parked: Parked,
): Promise<string[]> {
  const wanted = mergeUpdates(emptyState(), updates)
  const wishes = Object.entries(wanted.registers).flatMap(([key, { writes }]) =>
    writes.map(({ identity }) => ({ key, identity })),
  )
  const state = park(wanted, wishes, parked)
  const stored = await states.load(messageId)
  await states.save(messageId, toRecord(state, parked.at), stored?.version)
  return parkedWrites(state).map(({ identity }) => writeId(messageId, identity))
}

/** A dead letter that a redrive can bring home, unless it comes back with the failures that it has. */
export async function deadLetterIn(deadLetters: Queue, ...updates: QueuedUpdate[]): Promise<void> {
  const body = encode({ version: 1, kind: 'updates', updates, failures: 1_000 })
  await deadLetters.send(body, { reason: 'failed too often' })
}
