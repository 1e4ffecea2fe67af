import { describe, expect, it } from 'vitest'
import type { MessageStates } from '../../functions/ports/ports.ts'

/** What every adapter of the message states promises. */
export function messageStatesContract(name: string, open: () => Promise<MessageStates>): void {
  describe(`${name} as message states`, () => {
    it('has nothing for a chat message that was never saved', async () => {
      const states = await open()
      expect(await states.load('42')).toBeUndefined()
    })

    it('gives back what was saved, to the letter', async () => {
      const states = await open()
      const body = `{"text":"Grüße 👋🏽 \\u0000 \\ud800 ${'ü'.repeat(150_000)}"}`
      const version = await states.save('42', { body }, undefined)
      expect(await states.load('42')).toEqual({ body, version })
    })

    it('lets just one of two make the record', async () => {
      const states = await open()
      const versions = await Promise.all(['a', 'b'].map((body) => states.save('42', { body }, undefined)))
      const winner = versions.findIndex((version) => version !== undefined)
      expect(versions.filter((version) => version !== undefined)).toHaveLength(1)
      expect((await states.load('42'))?.body).toBe(['a', 'b'][winner])
    })

    it('refuses to overwrite what somebody else saved in between', async () => {
      const states = await open()
      const loaded = await states.save('42', { body: 'first' }, undefined)
      expect(await states.save('42', { body: 'second' }, loaded)).toBeDefined()
      expect(await states.save('42', { body: 'outdated' }, loaded)).toBeUndefined()
      expect((await states.load('42'))?.body).toBe('second')
    })

    it('loses none of many increments that happen at once', async () => {
      const states = await open()
      const increment = async (): Promise<void> => {
        for (;;) {
          const loaded = await states.load('42')
          const body = String(Number(loaded?.body ?? 0) + 1)
          if ((await states.save('42', { body }, loaded?.version)) !== undefined) return
        }
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      expect((await states.load('42'))?.body).toBe('20')
    })

    it('deletes a record only as it was loaded, and once', async () => {
      const states = await open()
      const loaded = (await states.save('42', { body: 'first', sweepAt: 1_000 }, undefined)) as number
      const version = (await states.save('42', { body: 'second', sweepAt: 1_000 }, loaded)) as number
      expect(await states.remove('42', loaded)).toBe(false)
      expect((await states.load('42'))?.body).toBe('second')
      expect(await states.remove('42', version)).toBe(true)
      expect(await states.remove('42', version)).toBe(false)
      expect([await states.load('42'), await states.due(9_000, 10)]).toEqual([undefined, []])
    })

    it('takes a record that is made anew for another one than the deleted one', async () => {
      const states = await open()
      const deleted = (await states.save('42', { body: 'deleted' }, undefined)) as number
      await states.remove('42', deleted)
      expect(await states.save('42', { body: 'came too late' }, deleted)).toBeUndefined()
      const version = await states.save('42', { body: 'new' }, undefined)
      expect(await states.save('42', { body: 'came too late' }, deleted)).toBeUndefined()
      expect(await states.remove('42', deleted)).toBe(false)
      expect(await states.load('42')).toEqual({ body: 'new', version })
    })

    it('finds every record whose key begins so, while records change', async () => {
      const states = await open()
      const keys = Array.from({ length: 7 }, (_, index) => `object:${index}`)
      const body = 'x'.repeat(300 * 1024)
      for (const key of ['42', 'objects', ...keys]) await states.save(key, { body }, undefined)
      const found: string[] = []
      for await (const page of states.beginningWith('object:')) {
        for (const { key, body, version } of page) {
          found.push(key)
          expect(await states.save(key, { body: `${body}.` }, version)).toBeDefined()
        }
      }
      expect(found.toSorted()).toEqual(keys)
    })

    it('finds what is due before a time, oldest first, and nothing else', async () => {
      const states = await open()
      await states.save('late', { body: '{}', sweepAt: 3_000 }, undefined)
      await states.save('early', { body: '{}', sweepAt: 1_000 }, undefined)
      await states.save('middle', { body: '{}', sweepAt: 2_000 }, undefined)
      await states.save('fulfilled', { body: '{}' }, undefined)
      expect(await states.due(3_000, 10)).toEqual([
        { messageId: 'early', sweepAt: 1_000 },
        { messageId: 'middle', sweepAt: 2_000 },
      ])
      expect(await states.due(3_000, 1)).toEqual([{ messageId: 'early', sweepAt: 1_000 }])
    })

    it('finds what something is parked of, oldest first, due or not, until nothing is', async () => {
      const states = await open()
      await states.save('late', { body: '{}', parkedAt: 3_000 }, undefined)
      const version = await states.save('early', { body: '{}', sweepAt: 1_000, parkedAt: 1_000 }, undefined)
      await states.save('due', { body: '{}', sweepAt: 1_000 }, undefined)
      expect(await states.parked(10)).toEqual([
        { messageId: 'early', parkedAt: 1_000 },
        { messageId: 'late', parkedAt: 3_000 },
      ])
      expect(await states.parked(1)).toEqual([{ messageId: 'early', parkedAt: 1_000 }])
      await states.save('early', { body: '{}' }, version)
      expect(await states.parked(10)).toEqual([{ messageId: 'late', parkedAt: 3_000 }])
    })

    it('finds what is linked, and deletes what has expired where the store does not do so by itself', async () => {
      const states = await open()
      await states.save('object:b', { body: '{}', linkedAt: 2_000 }, undefined)
      await states.save('object:a', { body: '{}', linkedAt: 1_000 }, undefined)
      const version = await states.save('object:c', { body: '{}', expiresAt: 3_000 }, undefined)
      expect(await states.linked(10)).toEqual([
        { key: 'object:a', linkedAt: 1_000 },
        { key: 'object:b', linkedAt: 2_000 },
      ])
      expect(await states.linked(1)).toEqual([{ key: 'object:a', linkedAt: 1_000 }])
      await states.expire(2_000)
      expect(await states.load('object:c')).toEqual({ body: '{}', version })
      await states.expire(4_000)
      // Time to live deletes within days; until then the record is there, and says itself what has expired.
      expect([undefined, { body: '{}', version }]).toContainEqual(await states.load('object:c'))
      expect((await states.load('object:a'))?.body).toBe('{}')
    })

    it('finds no longer what is fulfilled', async () => {
      const states = await open()
      const version = await states.save('42', { body: '{}', sweepAt: 1_000 }, undefined)
      await states.save('42', { body: '{}' }, version)
      expect(await states.due(9_000, 10)).toEqual([])
    })
  })
}
