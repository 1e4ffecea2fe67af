import { noon } from './factories.ts'

/** A clock that stands still until it is moved; epoch ms. */
export function stoppedClock(start = noon): { now: () => number; advance(ms: number): void } {
  let time = start
  return {
    now: () => time,
    advance(ms) {
      time += ms
    },
  }
}
