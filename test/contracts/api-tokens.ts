import { describe, expect, it } from 'vitest'
import type { ApiTokens } from '../../functions/ports/ports.ts'

/** The contract of every store of API tokens. `store` stores a token as an operator does. */
export function apiTokensContract(
  name: string,
  open: () => Promise<{ tokens: ApiTokens; store(source: string, token: string): Promise<void> }>,
): void {
  describe(`${name} as API tokens`, () => {
    it('has no token for a source without one, even one named like a property of every object', async () => {
      const { tokens, store } = await open()
      await store('asana', 'pat')
      for (const source of ['trello', '__proto__', 'constructor']) expect(await tokens.of(source)).toBeUndefined()
    })

    it('gives each source its own token, and a new one to the first fresh read', async () => {
      const { tokens, store } = await open()
      await store('asana', 'old')
      await store('asana-office', 'other')
      expect([await tokens.of('asana'), await tokens.of('asana-office')]).toEqual(['old', 'other'])
      await store('asana', 'new')
      expect(await tokens.of('asana', { fresh: true })).toBe('new')
      expect(await tokens.of('asana-office')).toBe('other')
    })
  })
}
