import type { NormalizedEvent } from '../source.ts'

/** What a happening says, apart from when, by whom and of what. */
export type EventMeaning = Pick<NormalizedEvent, 'type' | 'change' | 'reportOnly'>

export function completedEvent(value: boolean): EventMeaning {
  return { type: value ? 'task.done' : 'task.reopened', change: { kind: 'completed', value } }
}

/** @param reportOnly why this text never changes a chat message */
export function editedEvent(text: string, reportOnly?: string): EventMeaning {
  return { type: 'text.edited', change: { kind: 'text', text }, ...(reportOnly !== undefined && { reportOnly }) }
}
