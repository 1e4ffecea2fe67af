import type { Clock, Log, MessageStates, Queue } from '../ports/ports.ts'
import {
  emptyObject,
  forwardedUpdates,
  mergeObject,
  type ObjectState,
  objectKey,
  pruneObject,
  readObject,
  toObjectRecord,
} from '../state/object/object-state.ts'
import {
  encode,
  type QueuedLink,
  type QueuedObjectUpdate,
  type QueuedUpdate,
  updatesMessage,
} from '../state/queue-message.ts'
import type { StoredState } from '../state/stored-state.ts'

/** What came for one object. */
export type IncomingObjectWork = {
  source: string
  object: string
  updates: QueuedObjectUpdate[]
  links: QueuedLink[]
  /** The webhook requests that this is from. */
  traces: Set<string>
}

/**
 * Folds what came for an object into its record, where links and wishes meet, so that neither overtakes the other unnoticed.
 * @returns what its chat messages are to be told, once the record is saved. Whoever crashes before they were told gets the
 *   same again when the queue message comes again
 */
export async function processObject(
  { source, object, traces, ...came }: IncomingObjectWork,
  {
    states,
    deadLetters,
    clock,
    log,
  }: {
    states: Pick<MessageStates, 'load' | 'save'>
    deadLetters: Pick<Queue, 'send'>
    clock: Clock
    log: Log
  },
): Promise<QueuedUpdate[]> {
  const key = objectKey({ source, object })
  for (;;) {
    const stored = await states.load(key)
    const now = clock()
    const before = (stored && (await read(stored, deadLetters))) ?? emptyObject(source, object)
    const { state, full, beyond } = mergeObject(pruneObject(before, now), came)
    const record = toObjectRecord(pruneObject(state, now))
    // Nobody needs to know of an object that has neither links nor wishes; one that is there expires.
    if (record && record.body !== stored?.body) {
      const version = await states.save(key, record, stored?.version)
      if (version === undefined) continue
    }
    if (beyond > 0) log('too many links', { source, links: beyond })
    for (const update of full)
      await deadLetters.send(encode(updatesMessage({ objectUpdates: [update] })), { reason: 'full' })
    const told = forwardedUpdates(state)
    const to = [...new Set(told.map(({ messageId }) => messageId))]
    log('object', { object: key, traces: [...traces], to })
    return told
  }
}

/** @throws where a newer version of the bridge wrote the record: what came is kept until that version is back */
async function read({ body }: StoredState, deadLetters: Pick<Queue, 'send'>): Promise<ObjectState | undefined> {
  const read = readObject(body)
  if ('state' in read) return read.state
  if (read.unreadable === 'newer') throw new Error('a newer version of the bridge wrote this record')
  await deadLetters.send(body, { reason: 'a damaged state of an object' })
  return undefined
}
