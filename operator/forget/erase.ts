import { setTimeout as wait } from 'node:timers/promises'
import pMap from 'p-map'
import type { MessageStates } from '../../functions/ports/ports.ts'
import { pruneObject, readObject, toObjectRecord, withoutMessage } from '../../functions/state/object/object-state.ts'
import { errorMessage } from '../../local/error-messages.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { deadLetterId } from '../parked/selection.ts'
import { walkDeadLetters } from '../parked/walk-dead-letters.ts'
import { type Found, isDamagedState, type NotErased } from './find-stored-data.ts'
import { type ErasureTarget, splitForErasure } from './split-queue-message.ts'

/** How long to wait for a worker that is processing something of it, and between two looks; ms. */
const timeoutMs = 5_000
const pollMs = 50

/** Records that are changed at once. */
const concurrency = 20

/**
 * Deletes what was found of a chat message: queue messages and objects first, because they could create a record again, then
 * the record, then dead letters. It may be killed at any moment and run again.
 * @returns what could not be done, and why
 */
export async function eraseStoredData(
  { states, deadLetters, queued }: Pick<BridgeAccess, 'states' | 'deadLetters' | 'queued'>,
  { kept, target }: Found,
): Promise<NotErased[]> {
  const left: NotErased[] = []
  const collectFailure = async (where: string, erase: () => Promise<unknown>) => {
    try {
      await erase()
    } catch (error) {
      left.push({ where, why: errorMessage(error) })
    }
  }
  if (queued) await collectFailure('queue', () => eraseQueued(queued, target))
  const objects = kept.flatMap(({ where, key }) => (key === undefined ? [] : [{ where, key }]))
  await pMap(objects, ({ where, key }) => collectFailure(where, () => eraseObject(states, key, target.messageId)), {
    concurrency,
  })
  await collectFailure('record', () => eraseRecord(states, target.messageId))
  await collectFailure('dead letters', () =>
    walkDeadLetters(deadLetters, async (letter, remove) => {
      const part = isDamagedState(letter.reason, target.messageId) ? {} : splitForErasure(letter.body, target)
      if (!part || 'unreadable' in part) return
      const { rest } = { rest: undefined, ...part }
      await collectFailure(deadLetterId(letter.id), async () => {
        const { reason = 'unknown' } = letter
        if (rest !== undefined) await deadLetters.send(rest, { reason })
        await remove()
      })
    }),
  )
  return left
}

/** Removes its part from queued messages, and waits for messages that a worker is processing. */
async function eraseQueued(queued: NonNullable<BridgeAccess['queued']>, target: ErasureTarget): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; await wait(pollMs)) {
    let inFlight = 0
    for (const page of queued.waiting()) {
      for (const { id, body } of page) {
        const part = splitForErasure(body, target)
        if (!part || 'unreadable' in part) continue
        if (!(await queued.replace(id, body, part.rest))) inFlight += 1
      }
    }
    if (inFlight === 0) return
    if (Date.now() > end) {
      throw new Error(
        `a worker has ${inFlight} queue messages of it, which may create a record: forget it again in a minute`,
      )
    }
  }
}

/** Deletes a record; tries again when something else saved it meanwhile. */
async function eraseRecord(states: MessageStates, key: string): Promise<void> {
  for (;;) {
    const stored = await states.load(key)
    if (!stored || (await states.remove(key, stored.version))) return
  }
}

/** Removes a chat message from an object's record, and deletes the record if nothing else is left. */
async function eraseObject(states: MessageStates, key: string, messageId: string): Promise<void> {
  for (;;) {
    const stored = await states.load(key)
    if (!stored) return
    const read = readObject(stored.body)
    if ('unreadable' in read) throw new Error('its record cannot be read any more')
    const record = toObjectRecord(pruneObject(withoutMessage(read.state, messageId), Date.now()))
    const isDone = record
      ? (await states.save(key, record, stored.version)) !== undefined
      : await states.remove(key, stored.version)
    if (isDone) return
  }
}
