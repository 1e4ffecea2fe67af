import { objectKey } from '../../functions/state/object/object-state.ts'
import {
  decode,
  encode,
  itemsOf,
  type QueuedLookup,
  type QueueMessage,
  updatesMessage,
} from '../../functions/state/queue-message.ts'

/** The chat message to erase, and the keys of objects linked to it. */
export type ErasureTarget = {
  messageId: string
  /** Objects linked to no other chat message, with the time (epoch ms) until which their events belong to this one. */
  alone: ReadonlyMap<string, number>
  /** Objects linked to others too. */
  shared: ReadonlySet<string>
}

/** The part of a queue message that is about a chat message, and the body that remains without it. */
export type MessagePart = { about: QueueMessage; rest?: string }

/**
 * Splits a queue message: entries that name the chat message, and events of objects that are linked to nothing else, or that
 * this very message links to nothing else.
 * @returns undefined where nothing is about it, or why the body cannot be read
 */
export function splitForErasure(body: string, target: ErasureTarget): MessagePart | { unreadable: string } | undefined {
  const decoded = decode(body)
  if ('unreadable' in decoded) return decoded
  const { message } = decoded
  const { messageId, alone, shared } = target
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
  // The answer goes to the chat message that the URL named, or else to the object.
  const isLookupOfIt = (lookUp: QueuedLookup) =>
    lookUp.messageId === undefined ? isOfItsObject(lookUp) : lookUp.messageId === messageId
  const [updates, otherUpdates] = partition(message.updates, isNamed)
  const [links, otherLinks] = partition(message.links, isNamed)
  const [objectUpdates, otherObjectUpdates] = partition(message.objectUpdates, isOfItsObject)
  const [lookUps, otherLookUps] = partition(message.lookUps ?? [], isLookupOfIt)
  const about = { updates, links, objectUpdates, lookUps }
  if (itemsOf(about).length === 0) return undefined
  const others = { updates: otherUpdates, links: otherLinks, objectUpdates: otherObjectUpdates, lookUps: otherLookUps }
  return {
    about: updatesMessage(about, message),
    ...(itemsOf(others).length > 0 && { rest: encode(updatesMessage(others, message)) }),
  }
}

/** The time of an event, never later than its arrival; epoch ms. */
function timeOf({ occurredAt, receivedAt }: { occurredAt?: string | undefined; receivedAt: string }): number {
  return Math.min(Date.parse(occurredAt ?? receivedAt), Date.parse(receivedAt))
}

function partition<T>(items: readonly T[], isOf: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isOf), items.filter((item) => !isOf(item))]
}
