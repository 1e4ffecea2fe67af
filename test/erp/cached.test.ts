import { describe, expect, it } from 'vitest'
import { cached } from '../../functions/secrets/cached.ts'
import { stoppedClock } from '../support/clock.ts'

const ttl = 300_000
const freshEvery = 10_000

/** A cache of a source that gives 1, 2, 3, … and that a test can break. */
function numbers() {
  const { now: clock, advance } = stoppedClock()
  const failures: unknown[] = []
  const source = { fetches: 0, isBroken: false }
  const get = cached(
    async () => {
      source.fetches += 1
      if (source.isBroken) throw new Error(`no ${source.fetches}`)
      return source.fetches
    },
    { clock, ttl, freshEvery, onFailure: (error) => failures.push(error) },
  )
  return { source, get, advance, failures }
}

describe('a cached value', () => {
  it('is fetched once for a hundred callers at the same time', async () => {
    const { source, get } = numbers()
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => get())))).toEqual(new Set([1]))
    expect(source.fetches).toBe(1)
  })

  it('is fetched again after its time to live, and not before', async () => {
    const { get, advance } = numbers()
    await get()
    advance(ttl - 1)
    expect(await get()).toBe(1)
    advance(1)
    expect(await get()).toBe(2)
  })

  it('is fetched at once for the first fresh read', async () => {
    const { get } = numbers()
    await get()
    expect(await get({ fresh: true })).toBe(2)
    expect(await get()).toBe(2)
  })

  it('is fetched for fresh reads at most every ten seconds', async () => {
    const { source, get, advance } = numbers()
    await get()
    for (let second = 0; second < 60; second += 1) {
      await Promise.all(Array.from({ length: 50 }, () => get({ fresh: true })))
      advance(1_000)
    }
    expect(source.fetches).toBe(1 + 6)
  })

  it('is given at once while another caller waits for a fresh one', async () => {
    const { now: clock } = stoppedClock()
    let answer = (_: number) => {}
    const get = cached(
      () =>
        new Promise<number>((resolve) => {
          answer = resolve
        }),
      { clock },
    )
    const first = get()
    answer(1)
    await first
    const fresh = get({ fresh: true })
    expect(await get()).toBe(1)
    answer(2)
    expect(await fresh).toBe(2)
  })

  it('is still given when a fetch fails, which is tried again every ten seconds', async () => {
    const { source, get, advance, failures } = numbers()
    await get()
    source.isBroken = true
    expect(await get({ fresh: true })).toBe(1)
    advance(ttl)
    for (let second = 0; second < 20; second += 1) {
      expect(await get()).toBe(1)
      advance(1_000)
    }
    expect(failures).toHaveLength(1 + 2)
    source.isBroken = false
    expect(await get()).toBe(source.fetches)
  })

  it('rejects without a value, and does not fetch for each caller', async () => {
    const { source, get, advance } = numbers()
    source.isBroken = true
    for (let time = 0; time < 10; time += 1) await expect(get()).rejects.toThrow('no 1')
    source.isBroken = false
    advance(1_000)
    expect(await get()).toBe(2)
  })

  it('can be set, and wins over a fetch that began before', async () => {
    const { source, get, advance } = numbers()
    await get()
    const fetching = get({ fresh: true })
    get.remember(7)
    expect([await fetching, await get(), source.fetches]).toEqual([7, 7, 2])
    advance(ttl)
    expect(await get()).toBe(3)
  })
})
