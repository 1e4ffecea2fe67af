import { describe, expect, it } from 'vitest'
import type { WebhookSecrets } from '../../functions/ports/ports.ts'
import { noon } from '../support/factories.ts'

/** A store of webhook secrets, as instances of the bridge read it and an operator changes it. */
type Store = {
  secrets: Required<WebhookSecrets>
  another(): Required<WebhookSecrets>
  /** Sets a source's secrets. */
  store(source: string, secrets: string[]): Promise<void>
  /** Lets a source learn a secret. @param until epoch ms */
  openWindow(source: string, until: number): Promise<void>
  /** All stored bytes. */
  everything(): Promise<unknown>
}

/** The contract of every store of webhook secrets. */
export function webhookSecretsContract(name: string, open: () => Promise<Store>): void {
  describe(`${name} as webhook secrets`, () => {
    it('has no secret for a source without one, even one named like a property of every object', async () => {
      const { secrets } = await open()
      for (const source of ['generic', '__proto__', 'constructor']) expect(await secrets.of(source)).toEqual([])
    })

    it('gives every valid secret of a source', async () => {
      const { secrets, store } = await open()
      await store('generic', ['new', 'old'])
      await store('github', ['other'])
      expect((await secrets.of('generic')).sort()).toEqual(['new', 'old'])
      expect(await secrets.of('github')).toEqual(['other'])
    })

    it('gives a changed secret to the first fresh read', async () => {
      const { secrets, store } = await open()
      await store('generic', ['old'])
      await secrets.of('generic')
      await store('generic', ['new'])
      expect(await secrets.of('generic', { fresh: true })).toEqual(['new'])
    })
  })

  describe(`${name} as webhook secrets that are learned`, () => {
    const soon = noon + 1

    it('changes nothing for a handshake without a window, in the window of another source, or after its end', async () => {
      const { secrets, store, openWindow, everything } = await open()
      await store('generic', ['kept'])
      await openWindow('notion', soon)
      await openWindow('asana', noon)
      const before = await everything()
      for (const source of ['asana', 'generic', '__proto__', 'constructor']) {
        expect(await secrets.learn(source, 'brought', noon)).toBe(false)
      }
      expect(await secrets.learn('notion', 'brought', soon)).toBe(false)
      expect(await everything()).toEqual(before)
      expect([await secrets.of('asana'), await secrets.of('notion')]).toEqual([[], []])
    })

    it('learns one secret in a window, which its instance uses at once, and changes no other secret', async () => {
      const { secrets, store, openWindow, ...opened } = await open()
      const another = opened.another()
      await store('generic', ['kept'])
      await openWindow('notion', soon)
      await openWindow('asana', soon)
      expect(await secrets.of('asana', { fresh: true })).toEqual([])
      expect(await secrets.learn('asana', 'brought', noon)).toBe(true)
      expect(await secrets.of('asana')).toEqual(['brought'])
      expect(await another.of('asana', { fresh: true })).toEqual(['brought'])
      for (const late of ['brought', 'second']) expect(await another.learn('asana', late, noon)).toBe(false)
      expect([await another.of('asana'), await another.of('generic')]).toEqual([['brought'], ['kept']])
      expect(await another.learn('notion', 'its own', noon)).toBe(true)
      expect(await another.of('asana')).toEqual(['brought'])
    })

    it('learns one of several secrets that reach several instances at the same time, and reports which', async () => {
      const { secrets, openWindow, ...opened } = await open()
      const another = opened.another()
      await openWindow('asana', soon)
      const brought = Array.from({ length: 6 }, (_, index) => `secret ${index}`)
      const learned = await Promise.all(
        brought.map((secret, index) => (index % 2 ? secrets : another).learn('asana', secret, noon)),
      )
      const winners = brought.filter((_, index) => learned[index])
      expect(winners).toHaveLength(1)
      expect([await secrets.of('asana'), await another.of('asana')]).toEqual([winners, winners])
    })

    it('learns nothing for a source that has a secret', async () => {
      const { secrets, store, openWindow } = await open()
      await openWindow('asana', soon)
      await store('asana', ['kept'])
      expect(await secrets.learn('asana', 'brought', noon)).toBe(false)
      expect(await secrets.of('asana')).toEqual(['kept'])
    })

    it('keeps a secret that an operator adds at the same time', async () => {
      const { secrets, another, store, openWindow } = await open()
      await openWindow('asana', soon)
      const [learned] = await Promise.all([secrets.learn('asana', 'brought', noon), store('generic', ['added'])])
      expect(learned).toBe(true)
      expect([await another().of('asana'), await another().of('generic')]).toEqual([['brought'], ['added']])
    })
  })
}
