export type Random = ReturnType<typeof seeded>

/** A source of chance that gives the same for the same seed (mulberry32: fast-check's generators cost more than a request does). */
export function seeded(seed: number) {
  let state = seed | 0
  /** Uniform in [0, 1). */
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  /** A whole number, both ends included. */
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    between,
    chance: (probability: number) => next() < probability,
    pick: <T>(items: readonly T[]): T => items[between(0, items.length - 1)] as T,
    /** The same items in another order (Fisher and Yates). */
    shuffled: <T>(items: readonly T[]): T[] => {
      const mixed = [...items]
      for (let last = mixed.length - 1; last > 0; last -= 1) {
        const other = between(0, last)
        ;[mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T]
      }
      return mixed
    },
  }
}
