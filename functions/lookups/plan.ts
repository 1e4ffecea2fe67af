import { type Asked as AskedNow, askedBy, type From } from '../receive/map-event.ts'
import { boundedId } from '../sources/common/event-id.ts'
import { saidCompleted } from '../sources/common/event-meaning.ts'
import { referencesIn } from '../sources/common/references.ts'
import type { Happening, OpenHappening } from '../sources/source.ts'
import type { LookUp, TaskState } from '../state/lookup.ts'
import { type Asked, askedFor, QueuedLookUp } from '../state/queue-message.ts'

/** What is to be looked up, with the chat message that the URL names, which then gets the answer. */
export type LookUpAsked = LookUp & { messageId?: string }

/** A look-up as the queue's reader wants it, but for what the queue adds. */
const Asking = QueuedLookUp.omit({ hold: true })

/**
 * What has to be looked up of a happening that its payload leaves open, as far as its source may change what it is about.
 * @returns the look-up, or why there is none; reasons also for what is left out of one
 */
export function lookUpFor(open: OpenHappening, from: From): { lookUp?: LookUpAsked; reasons: string[] } {
  const { path, source, meanings, now } = from
  if (path && 'invalid' in path) return { reasons: ['the URL names what can be no chat message'] }
  const mayComplete = meanings.includes('completed')
  const asks = open.asks.filter((what) => what !== 'completed' || mayComplete)
  const reasons = asks.length < open.asks.length ? [`${source} may not change completed (option meanings)`] : []
  if (asks.length === 0) return { reasons }
  const asked = { ...open, asks, source, receivedAt: now.toISOString(), ...(path && { messageId: path.id }) }
  const { data: lookUp, error } = Asking.safeParse(asked)
  if (error) return { reasons: [`${error.issues[0]?.path.join('.')} is beyond the bounds`] }
  return { lookUp: lookUp as LookUpAsked, reasons }
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
export function answerTo(lookUp: QueuedLookUp, state: TaskState, now: Date): Asked {
  const { source, object, messageId, eventId, occurredAt, hold } = lookUp
  const asked = (happening: Pick<Happening, 'eventId' | 'type'> & Partial<Happening>, at: Date) => {
    const whole = { object, occurredAt, messageIds: [], ...happening }
    const asks: AskedNow = askedBy(whole, { source, now: at, meanings: ['completed'], path: undefined })
    return askedFor(asks, { source, receivedAt: at.toISOString(), hold })
  }
  const asker = new Date(lookUp.receivedAt)
  const messageIds = messageId === undefined ? [] : [messageId]
  const { completed, completedAt } = state
  const identity =
    completed && completedAt !== undefined
      ? { eventId: boundedId(`${object}:completed:${completedAt}`), occurredAt: completedAt }
      : { eventId }
  const told = lookUp.asks.includes('completed')
    ? asked({ ...saidCompleted(completed), ...identity, messageIds }, completed ? now : asker)
    : undefined
  const references = lookUp.asks.includes('references') ? referencesIn(...state.texts) : []
  const { links } = asked({ eventId, type: 'link.added', references }, asker)
  return { updates: told?.updates ?? [], objectUpdates: told?.objectUpdates ?? [], links }
}
