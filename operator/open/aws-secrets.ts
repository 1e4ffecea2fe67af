import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createSecretsManagerApiTokens } from '../../functions/aws/api-tokens.ts'
import { createSecretsManagerSecrets } from '../../functions/aws/webhook-secrets.ts'
import type { SecretAdmin } from './bridge.ts'

/**
 * Changes the webhook secrets and API tokens of a stack.
 * @param learnedId the secret of what sources learn; absent where no source of the stack can learn
 * @param tokensId the secret of the API tokens; absent where no source looks anything up
 */
export function awsSecretAdmin(
  client: SecretsManagerClient,
  secretId: string,
  learnedId: string | undefined,
  tokensId?: string | undefined,
): Omit<SecretAdmin, 'fixed' | 'fixedToken' | 'setErpToken'> {
  const secrets = createSecretsManagerSecrets({ client, secretId, learnedId })
  return {
    ...secrets,
    async openWindow(source, until) {
      if (learnedId === undefined) throw new Error(`this stack has no place for what ${source} learns: deploy it again`)
      await secrets.openWindow(source, until)
    },
    async storeApiToken(source, token) {
      if (tokensId === undefined) throw new Error(`this stack has no place for the token of ${source}: deploy it again`)
      await createSecretsManagerApiTokens({ client, secretId: tokensId }).store(source, token)
    },
  }
}
