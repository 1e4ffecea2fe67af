import type { Clock } from '../../functions/ports/ports.ts'

/** How much faster time passes in a story: a lease of two minutes lasts six seconds. */
export const speed = 20

/** The time of a story that began at `start` (epoch ms), for every process of it the same; finer than a millisecond's steps. */
export function fastClock(start: number): Clock {
  return () => Math.floor(start + (performance.timeOrigin + performance.now() - start) * speed)
}
