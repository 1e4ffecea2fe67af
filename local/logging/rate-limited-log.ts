import type { Clock, Log } from '../../functions/ports/ports.ts'

/** How long a line that says what is wrong stands for those like it; ms. */
const standsFor = 10_000
/** How many different lines are remembered at most. */
const most = 1_000

/**
 * A log that says the same trouble once in 10 s, and how often it was left out since: lines with an error, and webhooks that
 * were answered 503. What is wrong with the disk concerns every webhook and every attempt, and the log may be on it too.
 */
export function rateLimitedLog(log: Log, clock: Clock): Log {
  const lately = new Map<string, { at: number; leftOut: number }>()
  return (event, fields) => {
    const { error, status } = fields
    if (error === undefined && status !== 503) return log(event, fields)
    const line = `${event} ${error ?? status}`
    const last = lately.get(line)
    const now = clock()
    if (last && now - last.at < standsFor) {
      last.leftOut += 1
      return
    }
    if (lately.size >= most) lately.clear()
    lately.set(line, { at: now, leftOut: 0 })
    log(event, { ...fields, ...(last && last.leftOut > 0 && { leftOut: last.leftOut }) })
  }
}
