import type { Clock, Log } from '../../functions/ports/ports.ts'
import { fastClock } from './clock.ts'
import type { ErpOfStory, Home } from './home.ts'
import { openHome, type Place } from './open-home.ts'

/** What a process of a story is told by its only argument. */
export type Part = { start: number; place: Place; name: string; erp: ErpOfStory; port?: number }

/** What a process tells: that it is ready, what it had trouble with, and for which chat message it got no plain answer. */
export type Said = { ready: string } | { trouble: string } | { lostPutOf: string }

/** The part of this process in a story. It ends with the process that tells it. */
export function partOfStory(): Part & { home: Home; clock: Clock; log: Log } {
  const part = JSON.parse(process.argv[2] as string) as Part
  const clock = fastClock(part.start)
  process.on('disconnect', () => process.exit())
  const tell = (said: Said) => process.send?.(said)
  const log: Log = (event, { error, messageId, outcome }) => {
    if (event === 'failed' || event === 'not queued') tell({ trouble: `${event}: ${error}` })
    if (event === 'attempt' && String(outcome).startsWith('PUT lost')) tell({ lostPutOf: String(messageId) })
  }
  return { ...part, home: openHome(part.place, part.erp, clock), clock, log }
}
