import type { Clock } from '../ports/ports.ts'

/**
 * Gives a value that is fetched seldom. `fresh` looks past what is remembered: it turned out to be outdated. `remember` is
 * told a value that is newer than any that was fetched.
 */
export type Cached<T> = ((options?: { fresh?: boolean }) => Promise<T>) & { remember(value: T): void }

/** How long a failure is remembered while there is no value to fall back to; ms. Short: nothing can be done without one. */
const failureLasts = 1_000

/**
 * Remembers what `fetch` gives, and lets all who ask at the same time wait for one fetch. A fetch that fails gives the value
 * that is remembered, however old, and rejects where there is none.
 * @param options.ttl ms that a value is taken for current
 * @param options.freshEvery ms between two fetches past what is remembered, and between tries after a failure. Whoever can
 * make `fresh` calls happen, such as a sender of unsigned webhooks, causes no more fetches than that.
 * @param options.onFailure told of each fetch that failed
 */
export function cached<T>(
  fetch: () => Promise<T>,
  {
    clock,
    ttl = 5 * 60_000,
    freshEvery = 10_000,
    onFailure = () => {},
  }: {
    clock: Clock
    ttl?: number | undefined
    freshEvery?: number | undefined
    onFailure?: ((error: unknown) => void) | undefined
  },
): Cached<T> {
  let remembered: { value: T; until: number } | undefined
  let failure: { error: unknown; until: number } | undefined
  let inFlight: Promise<T> | undefined
  let told = 0
  let nextFreshAt = Number.NEGATIVE_INFINITY

  async function load(startedAt: number): Promise<T> {
    const before = told
    try {
      const value = await fetch()
      if (remembered && told > before) return remembered.value
      remembered = { value, until: startedAt + ttl }
      return value
    } catch (error) {
      failure = { error, until: clock() + (remembered ? freshEvery : failureLasts) }
      onFailure(error)
      if (remembered) return remembered.value
      throw error
    } finally {
      inFlight = undefined
    }
  }

  const get = async ({ fresh = false } = {}) => {
    const now = clock()
    const isPast = fresh && now >= nextFreshAt
    if (remembered && now < remembered.until && !isPast) return remembered.value
    if (inFlight !== undefined) return inFlight
    if (failure && now < failure.until) {
      if (remembered) return remembered.value
      throw failure.error
    }
    if (fresh) nextFreshAt = now + freshEvery
    inFlight = load(now)
    return inFlight
  }
  return Object.assign(get, {
    remember(value: T) {
      told += 1
      remembered = { value, until: clock() + ttl }
    },
  })
}
