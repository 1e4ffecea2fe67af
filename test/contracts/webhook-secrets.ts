import { describe, expect, it } from 'vitest'
import type { WebhookSecrets } from '../../functions/core/ports.ts'

/** What every adapter of the webhook secrets promises. `store` sets a source's secrets as an operator would. */
export function webhookSecretsContract(
  name: string,
  open: () => Promise<{ secrets: WebhookSecrets; store(source: string, secrets: string[]): Promise<void> }>,
): void {
  describe(`${name} as webhook secrets`, () => {
    it('has none for a source that was given none, whatever it is called', async () => {
      const { secrets } = await open()
      for (const source of ['generic', '__proto__', 'constructor']) expect(await secrets.of(source)).toEqual([])
    })

    it('knows every secret that is valid', async () => {
      const { secrets, store } = await open()
      await store('generic', ['new', 'old'])
      await store('github', ['other'])
      expect((await secrets.of('generic')).sort()).toEqual(['new', 'old'])
      expect(await secrets.of('github')).toEqual(['other'])
    })

    it('knows a change as soon as somebody asks past what it remembers', async () => {
      const { secrets, store } = await open()
      await store('generic', ['old'])
      await secrets.of('generic')
      await store('generic', ['new'])
      expect(await secrets.of('generic', { fresh: true })).toEqual(['new'])
    })
  })
}
