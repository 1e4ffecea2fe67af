import { setTimeout as wait } from 'node:timers/promises'
import pMap from 'p-map'
import type { MessageStates } from '../../functions/ports/ports.ts'
import { pruneObject, readObject, toObjectRecord, withoutMessage } from '../../functions/state/object/object-state.ts'
import { errorMessage } from '../../local/error-messages.ts'
import { counted } from '../cli/output.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { deadLetterId } from '../parked/selection.ts'
import { walkDeadLetters } from '../parked/walk-dead-letters.ts'
import { type Found, isDamagedState, type NotErased } from './find-stored-data.ts'
import { type ErasureTarget, splitForErasure } from './split-queue-message.ts'

/** How long to wait for a worker that has something of it in hand, and between two looks; ms. */
const patience = 5_000
const lookEvery = 50

/** Records that are changed side by side. */
const sideBySide = 20

/**
 * Deletes what was found of a chat message: what would make a record first, then the record, then what lies apart. Killed at
 * any moment it can be run again.
 * @param step called for each thing that is done
 * @returns what could not be done, and why
 */
export async function eraseStoredData(
  { states, deadLetters, queued }: Pick<BridgeAccess, 'states' | 'deadLetters' | 'queued'>,
  { kept, forgetting }: Found,
  step: () => void,
): Promise<NotErased[]> {
  const left: NotErased[] = []
  const unlessItFails = async (where: string, forget: () => Promise<unknown>) => {
    try {
      await forget()
      step()
    } catch (error) {
      left.push({ where, why: errorMessage(error) })
    }
  }
  if (queued) await unlessItFails('queue', () => forgetQueued(queued, forgetting))
  const objects = kept.flatMap(({ where, key }) => (key === undefined ? [] : [{ where, key }]))
  await pMap(objects, ({ where, key }) => unlessItFails(where, () => forgetObject(states, key, forgetting.messageId)), {
    concurrency: sideBySide,
  })
  await unlessItFails('record', () => forgetRecord(states, forgetting.messageId))
  await unlessItFails('dead letters', () =>
    walkDeadLetters(deadLetters, async (letter, remove) => {
      const part = isDamagedState(letter.reason, forgetting.messageId) ? {} : splitForErasure(letter.body, forgetting)
      if (!part || 'unreadable' in part) return
      const { rest } = { rest: undefined, ...part }
      await unlessItFails(deadLetterId(letter.id), async () => {
        const { reason = 'unknown' } = letter
        if (rest !== undefined) await deadLetters.send(rest, { reason })
        await remove()
      })
    }),
  )
  return left
}

/** Takes what is of it out of the queue, and waits for what is in a worker's hands. */
async function forgetQueued(queued: NonNullable<BridgeAccess['queued']>, forgetting: ErasureTarget): Promise<void> {
  for (const end = Date.now() + patience; ; await wait(lookEvery)) {
    let inHands = 0
    for (const page of queued.waiting()) {
      for (const { id, body } of page) {
        const part = splitForErasure(body, forgetting)
        if (!part || 'unreadable' in part) continue
        if (!(await queued.replace(id, body, part.rest))) inHands += 1
      }
    }
    if (inHands === 0) return
    if (Date.now() > end) {
      throw new Error(
        `a worker is at ${counted(inHands, 'queue message')} of it, which may make a record: forget it again in a minute`,
      )
    }
  }
}

/** Deletes a record, whatever else happens to it at the same time. */
async function forgetRecord(states: MessageStates, key: string): Promise<void> {
  for (;;) {
    const stored = await states.load(key)
    if (!stored || (await states.remove(key, stored.version))) return
  }
}

/** Takes a chat message out of an object's record, and deletes that where nothing else is left in it. */
async function forgetObject(states: MessageStates, key: string, messageId: string): Promise<void> {
  for (;;) {
    const stored = await states.load(key)
    if (!stored) return
    const read = readObject(stored.body)
    if ('unreadable' in read) throw new Error('its record can’t be read any more')
    const record = toObjectRecord(pruneObject(withoutMessage(read.state, messageId), Date.now()))
    const isDone = record
      ? (await states.save(key, record, stored.version)) !== undefined
      : await states.remove(key, stored.version)
    if (isDone) return
  }
}
