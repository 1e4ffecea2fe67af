import { describe, expect, it } from 'vitest'
import type { ApiTokens } from '../../functions/ports/ports.ts'

/** What every adapter of the API tokens promises. `store` stores a token as an operator would. */
export function apiTokensContract(
  name: string,
  open: () => Promise<{ tokens: ApiTokens; store(source: string, token: string): Promise<void> }>,
): void {
  describe(`${name} as API tokens`, () => {
    it('has none for a source that was given none, whatever it is called', async () => {
      const { tokens, store } = await open()
      await store('asana', 'pat')
      for (const source of ['trello', '__proto__', 'constructor']) expect(await tokens.of(source)).toBeUndefined()
    })

    it('knows each source’s token, and a new one as soon as somebody asks past what it remembers', async () => {
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
