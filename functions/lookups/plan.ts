import { type MappedEvent as AskedNow, type MappingContext, mapEvent } from '../receive/map-event.ts'
import { boundedId } from '../sources/common/event-id.ts'
import { completedEvent } from '../sources/common/event-meaning.ts'
import { referencesIn } from '../sources/common/references.ts'
import type { IncompleteEvent, NormalizedEvent } from '../sources/source.ts'
import type { Lookup, TaskSnapshot } from '../state/lookup.ts'
import { type QueuedItems, QueuedLookup, toQueuedItems } from '../state/queue-message.ts'

/** What is to be looked up, with the chat message that the URL names, which then gets the answer. */
export type PlannedLookup = Lookup & { messageId?: string }

/** A look-up as the queue's reader wants it, but for what the queue adds. */
const Asking = QueuedLookup.omit({ hold: true })

/**
 * What has to be looked up of a happening that its payload leaves open, as far as its source may change what it is about.
 * @returns the look-up, or why there is none; reasons also for what is left out of one
 */
export function planLookup(open: IncompleteEvent, from: MappingContext): { lookUp?: PlannedLookup; reasons: string[] } {
  const { path, source, meanings, now } = from
  if (path && 'invalid' in path) return { reasons: ['the URL names what can be no chat message'] }
  const mayComplete = meanings.includes('completed')
  const asks = open.asks.filter((what) => what !== 'completed' || mayComplete)
  const reasons = asks.length < open.asks.length ? [`${source} may not change completed (option meanings)`] : []
  if (asks.length === 0) return { reasons }
  const asked = { ...open, asks, source, receivedAt: now.toISOString(), ...(path && { messageId: path.id }) }
  const { data: lookUp, error } = Asking.safeParse(asked)
  if (error) return { reasons: [`${error.issues[0]?.path.join('.')} is beyond the bounds`] }
  return { lookUp: lookUp as PlannedLookup, reasons }
}

/**
 * What the answer to a look-up asks for, as if it had come in the webhook.
 *
 * The answer is a level: it may tell what happened after the event that asked. So a task that is completed has the time that
 * its provider gives that, whoever asked, and one identity; asked again, it is the same wish, and what people changed since
 * stands. One that is open has the time of the event that asked, since its provider says no other: everything that completes
 * it later is newer. The text only links, from the time of the event on.
 * @param now when the answer came; nothing that it tells is newer
 */
export function resolveLookup(lookUp: QueuedLookup, state: TaskSnapshot, now: Date): QueuedItems {
  const { source, object, messageId, eventId, occurredAt, hold } = lookUp
  const asked = (happening: Pick<NormalizedEvent, 'eventId' | 'type'> & Partial<NormalizedEvent>, at: Date) => {
    const whole = { object, occurredAt, messageIds: [], ...happening }
    const asks: AskedNow = mapEvent(whole, { source, now: at, meanings: ['completed'], path: undefined })
    return toQueuedItems(asks, { source, receivedAt: at.toISOString(), hold })
  }
  const asker = new Date(lookUp.receivedAt)
  const messageIds = messageId === undefined ? [] : [messageId]
  const { completed, completedAt } = state
  const identity =
    completed && completedAt !== undefined
      ? { eventId: boundedId(`${object}:completed:${completedAt}`), occurredAt: completedAt }
      : { eventId }
  const told = lookUp.asks.includes('completed')
    ? asked({ ...completedEvent(completed), ...identity, messageIds }, completed ? now : asker)
    : undefined
  const references = lookUp.asks.includes('references') ? referencesIn(...state.texts) : []
  const { links } = asked({ eventId, type: 'link.added', references }, asker)
  return { updates: told?.updates ?? [], objectUpdates: told?.objectUpdates ?? [], links }
}
