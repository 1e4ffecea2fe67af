import type { Clock } from '../ports/ports.ts'

/** Gives a cached value. `fresh` reads past the cache; `remember` sets a value that is newer than any that was fetched. */
export type Cached<T> = ((options?: { fresh?: boolean }) => Promise<T>) & { remember(value: T): void }

/** How long a failure is cached while there is no value; ms. Short, because nothing works without one. */
const failureTtl = 1_000

/**
 * Caches what `fetch` gives; callers at the same time share one fetch. After a failed fetch the cached value is given, however
 * old; without one the call rejects.
 * @param options.ttl ms that a value counts as current
 * @param options.freshEvery ms between two fetches past the cache, and between tries after a failure. Senders of unsigned
 * webhooks cause `fresh` calls: this bounds what they cost.
 * @param options.onFailure called for each failed fetch
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
    ttl?: number
    freshEvery?: number | undefined
    onFailure?: (error: unknown) => void
  },
): Cached<T> {
  let remembered: { value: T; until: number } | undefined
  let failure: { error: unknown; until: number } | undefined
  let inFlight: Promise<T> | undefined
  let setCount = 0
  let nextFreshAt = Number.NEGATIVE_INFINITY

  async function load(startedAt: number): Promise<T> {
    const setCountBefore = setCount
    try {
      const value = await fetch()
      if (remembered && setCount > setCountBefore) return remembered.value
      remembered = { value, until: startedAt + ttl }
      return value
    } catch (error) {
      failure = { error, until: clock() + (remembered ? freshEvery : failureTtl) }
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
      setCount += 1
      remembered = { value, until: clock() + ttl }
    },
  })
}
