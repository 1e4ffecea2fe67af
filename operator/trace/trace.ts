import type { BridgeAccess } from '../open/bridge.ts'
import { type EventStatus, statusAtObject, statusInMessage } from './event-status.ts'
import type { LogLine } from './log-lines.ts'
import { storyOf } from './story.ts'

/** What the log says of an event, and what became of it by the records of its objects and chat messages. */
export type EventTrace = { lines: LogLine[]; statuses: EventStatus[] }

/**
 * Follows an event from its webhook to the ERP.
 * @param event.source only what this source sent
 * @param event.since how far back to look in the log; epoch ms
 */
export async function traceEvent(
  { log, states }: Pick<BridgeAccess, 'log' | 'states'>,
  event: { eventId: string; source: string | undefined; since: number },
): Promise<EventTrace> {
  const { lines, messageIds, objects } = await storyOf(log, event)
  const statuses: EventStatus[] = []
  for (const key of objects) statuses.push(...(await statusAtObject(states, key, event)))
  for (const messageId of messageIds) statuses.push(...(await statusInMessage(states, messageId, event)))
  return { lines, statuses }
}
