import type { Clock, ProviderApi } from '../ports/ports.ts'

const minute = 60_000
/** The part of a minute's look-ups that may come at once: Asana looks at its quota more often than once a minute. */
const burst = 1 / 6

/**
 * Asks a provider no more often than its rate limit allows, and not at all until the time that it asked to wait for: what it
 * refuses counts against its limit too (https://developers.asana.com/docs/rate-limits). Whoever has to wait is told for how
 * long, each longer than the one before, so that they don't all come back at once.
 */
export function rateLimited(provider: ProviderApi, perMinute: number, clock: Clock): ProviderApi {
  const interval = minute / perMinute
  const most = Math.max(1, perMinute * burst)
  let tokens = most
  let refilledAt = clock()
  let pausedUntil = 0
  let promisedUntil = 0

  /** @returns ms to wait; 0 where it may be asked now */
  function wait(now: number): number {
    tokens = Math.min(most, tokens + Math.max(0, now - refilledAt) / interval)
    refilledAt = now
    if (now >= pausedUntil && tokens >= 1) {
      tokens -= 1
      return 0
    }
    promisedUntil = Math.max(promisedUntil, pausedUntil, now) + interval
    return promisedUntil - now
  }

  return {
    async taskState(object) {
      const after = wait(clock())
      if (after > 0) return { kind: 'unreachable', reason: 'the rate limit', retryAfter: after, skipped: true }
      const outcome = await provider.taskState(object)
      if (outcome.kind === 'unreachable') {
        pausedUntil = Math.max(pausedUntil, clock() + (outcome.retryAfter ?? 0))
      }
      return outcome
    },
  }
}
