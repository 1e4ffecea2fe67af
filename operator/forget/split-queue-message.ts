import { objectKey } from '../../functions/state/object/object-state.ts'
import {
  decode,
  encode,
  itemsOf,
  type QueuedLookup,
  type QueueMessage,
  updatesMessage,
} from '../../functions/state/queue-message.ts'

/** The chat message that is to be forgotten, and the objects that are linked to it, by their keys. */
export type ErasureTarget = {
  messageId: string
  /** Linked to no other chat message, and until when (epoch ms) what happened to them is of this one. */
  alone: ReadonlyMap<string, number>
  /** Linked to others. */
  shared: ReadonlySet<string>
}

/** What a queue message says of a chat message, and the body of what remains without that. */
export type MessagePart = { about: QueueMessage; rest?: string }

/**
 * The part of a queue message that is of a chat message: what names it, and what happened to objects that are linked to
 * nothing else, or that this very message links to nothing else.
 * @returns undefined where nothing of it is, or why the body can't be read
 */
export function splitForErasure(
  body: string,
  forgetting: ErasureTarget,
): MessagePart | { unreadable: string } | undefined {
  const decoded = decode(body)
  if ('unreadable' in decoded) return decoded
  const { message } = decoded
  const { messageId, alone, shared } = forgetting
  const isNamed = (item: { messageId: string }) => item.messageId === messageId
  if (message.kind === 'attempt') return isNamed(message) ? { about: message } : undefined
  const elsewhere = new Set(message.links.filter((link) => !isNamed(link)).map(objectKey))
  const linked = new Set(message.links.filter((link) => isNamed(link) && link.present).map(objectKey))
  const isOfItsObject = (update: {
    source: string
    object: string
    occurredAt?: string | undefined
    receivedAt: string
  }) => {
    const key = objectKey(update)
    return (
      timeOf(update) <= (alone.get(key) ?? Number.NEGATIVE_INFINITY) ||
      (linked.has(key) && !elsewhere.has(key) && !shared.has(key))
    )
  }
  // The answer goes to the chat message that the URL named, and only without one to the object.
  const isAskedForIt = (lookUp: QueuedLookup) =>
    lookUp.messageId === undefined ? isOfItsObject(lookUp) : lookUp.messageId === messageId
  const [updates, otherUpdates] = parted(message.updates, isNamed)
  const [links, otherLinks] = parted(message.links, isNamed)
  const [objectUpdates, otherObjectUpdates] = parted(message.objectUpdates, isOfItsObject)
  const [lookUps, otherLookUps] = parted(message.lookUps ?? [], isAskedForIt)
  const about = { updates, links, objectUpdates, lookUps }
  if (itemsOf(about).length === 0) return undefined
  const others = { updates: otherUpdates, links: otherLinks, objectUpdates: otherObjectUpdates, lookUps: otherLookUps }
  return {
    about: updatesMessage(about, message),
    ...(itemsOf(others).length > 0 && { rest: encode(updatesMessage(others, message)) }),
  }
}

/** When something happened: its own time, and never later than it arrived; epoch ms. */
function timeOf({ occurredAt, receivedAt }: { occurredAt?: string | undefined; receivedAt: string }): number {
  return Math.min(Date.parse(occurredAt ?? receivedAt), Date.parse(receivedAt))
}

function parted<T>(items: readonly T[], isOf: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isOf), items.filter((item) => !isOf(item))]
}
