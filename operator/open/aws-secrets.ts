import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { storeApiToken } from '../../functions/aws/api-tokens.ts'
import { createLearningEditor } from '../../functions/aws/learned-secrets.ts'
import { createSecretsManagerEditor } from '../../functions/aws/webhook-secrets.ts'
import { secretsOf, windowOf } from '../../functions/secrets/webhook-secrets.ts'
import type { SecretAdmin } from './bridge.ts'

/**
 * The webhook secrets of a stack, newest first: those that operators stored, and those that sources have learned.
 * @param learnedId absent where no source of the stack can learn
 * @param tokensId where API tokens stand; absent where no provider is asked
 */
export function awsSecretAdmin(
  client: SecretsManagerClient,
  ownId: string,
  learnedId: string | undefined,
  tokensId?: string | undefined,
): Omit<SecretAdmin, 'fixed' | 'fixedToken' | 'setErpToken'> {
  const own = createSecretsManagerEditor({ client, secretId: ownId })
  const learning = learnedId === undefined ? undefined : createLearningEditor({ client, secretId: learnedId })
  const ofOwn = async (source: string) => secretsOf(await own.all(), source) ?? []
  const learned = async () => (await learning?.all()) ?? { windows: {}, secrets: {} }
  return {
    of: async (source) => [...(await ofOwn(source)), ...(secretsOf((await learned()).secrets, source) ?? [])],
    add: own.add,
    async retire(source) {
      const isNewestOwn = (await ofOwn(source)).length > 0
      return (await own.retire(source)) + ((isNewestOwn && (await learning?.forget(source))) || 0)
    },
    forget: async (source) => (await own.forget(source)) + ((await learning?.forget(source)) ?? 0),
    async openWindow(source, until) {
      if (!learning) throw new Error(`this stack has no place for what ${source} learns: deploy it again`)
      await learning.openWindow(source, until, Date.now())
    },
    async storeApiToken(source, token) {
      if (tokensId === undefined) throw new Error(`this stack has no place for the token of ${source}: deploy it again`)
      await storeApiToken({ client, secretId: tokensId }, source, token)
    },
    window: async (source) => windowOf(await learned(), source, Date.now()),
  }
}
