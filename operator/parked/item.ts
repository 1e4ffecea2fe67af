import type { ReceivedMessage } from '../../functions/ports/ports.ts'
import type { Parked, ParkedWrite, WriteRef } from '../../functions/state/message/message-state.ts'
import { decode, itemsOf, type QueueMessage } from '../../functions/state/queue-message.ts'
import { isoTime } from '../time.ts'
import { deadLetterId, type Id, type Selection, writeId } from './selection.ts'

/**
 * Something that waits for an operator: a parked write, a dead letter, or a chat message's record that cannot be read. It
 * holds no text of others. Times are epoch ms.
 */
export type ParkedItem = {
  /** As `list` shows it and the commands take it. */
  id: string
  reason: string
  /** When it was parked, or a dead letter was sent. Not always known of a record. */
  at?: number
  messageId?: string
  /** The object, where the item names one. */
  object?: string
  source?: string
  eventId?: string
  /** The kind of change. */
  asks?: string
  occurredAt?: number
  receivedAt?: number
} & (
  | { kind: 'write'; messageId: string; ref: WriteRef }
  | { kind: 'dead letter'; updates?: number; unreadable?: string }
  | { kind: 'record'; messageId: string; unreadable: 'newer' | 'damaged' }
)

export function writeItem(messageId: string, { key, identity, write }: ParkedWrite): ParkedItem {
  const { parked, source, eventId, change, occurredAt, receivedAt } = write
  return {
    id: writeId(messageId, identity),
    kind: 'write',
    reason: reasonOf(parked),
    at: parked.at,
    messageId,
    source,
    eventId,
    asks: change.kind,
    ...(occurredAt !== undefined && { occurredAt }),
    receivedAt,
    ref: { key, identity },
  }
}

function reasonOf({ reason, status }: Parked): string {
  if (reason === 'impossible') return 'impossible: the host adds to lists, so no PUT takes this away'
  return status === undefined ? reason : `${reason} ${status}`
}

export function deadLetterItem({ id, body, sentAt, reason = 'unknown' }: ReceivedMessage): ParkedItem {
  const decoded = decode(body)
  const letter = { id: deadLetterId(id), kind: 'dead letter', reason, at: sentAt } as const
  return 'unreadable' in decoded
    ? { ...letter, unreadable: decoded.unreadable }
    : { ...letter, ...contentsOf(decoded.message) }
}

/** @param at epoch ms; 0 where an older version of the bridge did not note it */
export function unreadableItem(messageId: string, unreadable: 'newer' | 'damaged', at = 0): ParkedItem {
  const reason = unreadable === 'newer' ? 'a record of a newer version' : 'a damaged record'
  return { id: messageId, kind: 'record', messageId, reason, unreadable, ...(at > 0 && { at }) }
}

/** The JSON shape of an item, with ISO times. */
export function listed({ at, occurredAt, receivedAt, ...item }: ParkedItem): { id: string } & Record<string, unknown> {
  const { ref: _, ...fields } = { ref: undefined, ...item }
  return { ...fields, since: isoTime(at), occurredAt: isoTime(occurredAt), receivedAt: isoTime(receivedAt) }
}

export function isSelected(item: ParkedItem, selection: Selection): boolean {
  if ('ids' in selection) return selection.ids.some((id) => isNamed(item, id))
  const { reason = '', since = 0 } = selection
  return item.reason.toLowerCase().includes(reason.toLowerCase()) && (item.at ?? Number.POSITIVE_INFINITY) >= since
}

export function isNamed(item: ParkedItem, id: Id): boolean {
  switch (id.kind) {
    case 'write':
      // A record that cannot be read may hold it.
      if (item.kind === 'record') return item.messageId === id.messageId
      return item.kind === 'write' && item.messageId === id.messageId && item.ref.identity === id.identity
    case 'chat message':
      return item.kind !== 'dead letter' && item.messageId === id.messageId
    case 'dead letter':
      return item.kind === 'dead letter' && item.id === deadLetterId(id.letter)
  }
}

/** Summarises a queue message by its first entry. */
function contentsOf(message: QueueMessage) {
  if (message.kind === 'attempt') return { messageId: message.messageId, asks: 'attempt' }
  const all = itemsOf(message)
  const [first] = all as [(typeof all)[number]]
  const { source, eventId, occurredAt, receivedAt } = first
  return {
    ...('messageId' in first && first.messageId !== undefined && { messageId: first.messageId }),
    ...('object' in first && { object: first.object }),
    source,
    eventId,
    asks: 'change' in first ? first.change.kind : 'asks' in first ? 'look-up' : 'link',
    ...(occurredAt !== undefined && { occurredAt: Date.parse(occurredAt) }),
    receivedAt: Date.parse(receivedAt),
    updates: all.length,
  }
}
