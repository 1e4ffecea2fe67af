import { describe, expect, it } from 'vitest'
import { cached } from '../../functions/secrets/cached.ts'
import { stoppedClock } from '../support/clock.ts'

const ttl = 300_000
const freshEvery = 10_000

/** A source of 1, 2, 3, … that a test can break, and what is remembered of it. */
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

describe('what is cached', () => {
  it('is fetched once for a hundred who ask at the same time', async () => {
    const { source, get } = numbers()
    expect(new Set(await Promise.all(Array.from({ length: 100 }, () => get())))).toEqual(new Set([1]))
    expect(source.fetches).toBe(1)
  })

  it('is fetched again when its time is over, and not before', async () => {
    const { get, advance } = numbers()
    await get()
    advance(ttl - 1)
    expect(await get()).toBe(1)
    advance(1)
    expect(await get()).toBe(2)
  })

  it('is looked past at once by the first who asks for it', async () => {
    const { get } = numbers()
    await get()
    expect(await get({ fresh: true })).toBe(2)
    expect(await get()).toBe(2)
  })

  it('is looked past every ten seconds and no more often, whoever asks', async () => {
    const { source, get, advance } = numbers()
    await get()
    for (let second = 0; second < 60; second += 1) {
      await Promise.all(Array.from({ length: 50 }, () => get({ fresh: true })))
      advance(1_000)
    }
    expect(source.fetches).toBe(1 + 6)
  })

  it('does not make those wait who need nothing fresher', async () => {
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

  it('still serves when it can not be fetched again, and is tried again every ten seconds', async () => {
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

  it('fails while there is nothing to serve, without a fetch for each who asks', async () => {
    const { source, get, advance } = numbers()
    source.isBroken = true
    for (let time = 0; time < 10; time += 1) await expect(get()).rejects.toThrow('no 1')
    source.isBroken = false
    advance(1_000)
    expect(await get()).toBe(2)
  })

  it('may be told, and what was being fetched then is older', async () => {
    const { source, get, advance } = numbers()
    await get()
    const fetching = get({ fresh: true })
    get.remember(7)
    expect([await fetching, await get(), source.fetches]).toEqual([7, 7, 2])
    advance(ttl)
    expect(await get()).toBe(3)
  })
})
