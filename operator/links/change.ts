import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import {
  linkedTo,
  linksKept,
  type ObjectState,
  objectKey,
  readObject,
} from '../../functions/state/object/object-state.ts'
import { encode, updatesMessage } from '../../functions/state/queue-message.ts'
import { type BridgeAccess, sourceOf } from '../open/bridge.ts'
import type { LinkRow } from './file.ts'

/** How long to wait for the bridge to apply a change, and between two looks; ms. */
const timeoutMs = 5_000
const pollMs = 100

/** How a change of a link ended: `queued` where the bridge has not applied it yet, `overruled` where a newer event wins. */
export type LinkOutcome = 'done' | 'was not linked' | 'queued' | 'too many links' | 'overruled'

/**
 * Links an object to a chat message, or ends that. The change goes through the queue like every event, so it also works
 * while the bridge does not run, and meets what is on its way.
 */
export async function changeLink(
  { states, queue, sources }: Pick<BridgeAccess, 'states' | 'queue' | 'sources'>,
  { present, ...link }: LinkRow & { present: boolean },
): Promise<LinkOutcome> {
  sourceOf({ sources }, link.source)
  const now = Date.now()
  const at = new Date(now).toISOString()
  const event = { ...link, present, eventId: `cli:${randomUUID()}`, occurredAt: at, receivedAt: at, position: 0 }
  await queue.send(encode(updatesMessage({ links: [event] })))

  const { messageId } = link
  const isApplied = ({ links }: ObjectState) =>
    links[messageId]?.[present ? 'added' : 'removed'].some(({ occurredAt }) => occurredAt === now) === true
  const state = await pollObject(states, link, isApplied)
  if (!state || !isApplied(state)) {
    const isFull = state && !state.links[messageId] && linkedTo(state).length >= linksKept
    return !isFull ? 'queued' : present ? 'too many links' : 'was not linked'
  }
  if (linkedTo(state).includes(messageId) !== present) return 'overruled'
  return present || state.links[messageId]?.added.length !== 0 ? 'done' : 'was not linked'
}

/** Reads an object's record until it is as wanted, or the time is over. @returns what was read last */
async function pollObject(
  states: BridgeAccess['states'],
  object: LinkRow,
  isWanted: (state: ObjectState) => boolean,
): Promise<ObjectState | undefined> {
  for (const end = Date.now() + timeoutMs; ; await wait(pollMs)) {
    const stored = await states.load(objectKey(object))
    const read = stored && readObject(stored.body)
    const state = read && 'state' in read ? read.state : undefined
    if ((state && isWanted(state)) || Date.now() > end) return state
  }
}
