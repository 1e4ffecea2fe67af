import type { Happening } from '../source.ts'

/** What a happening says, apart from when, by whom and of what. */
export type Said = Pick<Happening, 'type' | 'change' | 'reportOnly'>

export function saidCompleted(value: boolean): Said {
  return { type: value ? 'task.done' : 'task.reopened', change: { kind: 'completed', value } }
}

/** @param reportOnly why this text never changes a chat message */
export function saidEdited(text: string, reportOnly?: string): Said {
  return { type: 'text.edited', change: { kind: 'text', text }, ...(reportOnly !== undefined && { reportOnly }) }
}
