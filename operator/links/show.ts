import type { Change } from '../../functions/state/changes.ts'
import {
  linkedTo,
  type ObjectState,
  objectKey,
  pruneObject,
  readObject,
} from '../../functions/state/object/object-state.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { isoTime } from '../time.ts'
import { whyUnreadable } from './linked-objects.ts'

/** What is known of an object. Times are ISO 8601. */
export type ObjectDetails = { source: string; object: string } & (
  | {
      links: { messageId: string; linked: boolean; added?: string | undefined; removed?: string | undefined }[]
      held: { eventId: string; actor?: string | undefined; at: string; until: string; change: Change }[]
    }
  | { why: string; body: string }
)

/** Finds an object by its id, in one source or in all of them. @returns one entry for each source that knows it */
export async function findObject(
  { states }: Pick<BridgeAccess, 'states'>,
  sources: readonly string[],
  object: string,
): Promise<ObjectDetails[]> {
  const found: ObjectDetails[] = []
  for (const source of sources) {
    const stored = await states.load(objectKey({ source, object }))
    const read = stored && readObject(stored.body)
    if (!read) continue
    if ('unreadable' in read) {
      found.push({ source, object, why: whyUnreadable[read.unreadable], body: stored.body })
      continue
    }
    const details = detailsOf(pruneObject(read.state, Date.now()))
    if (details.links.length + details.held.length > 0) found.push({ source, object, ...details })
  }
  return found
}

function detailsOf(state: ObjectState) {
  const linked = linkedTo(state)
  const links = Object.entries(state.links).map(([messageId, { added, removed }]) => ({
    messageId,
    linked: linked.includes(messageId),
    added: isoTime(added[0]?.time),
    removed: isoTime(removed[0]?.time),
  }))
  const writes = Object.values(state.registers).flatMap((register) => register.writes)
  const held = writes
    .toSorted((one, other) => one.time - other.time)
    .map(({ eventId, actor, time, receivedAt, change }) => ({
      eventId,
      actor,
      at: isoTime(time),
      until: isoTime(receivedAt + state.hold),
      change,
    }))
  return { links, held }
}
