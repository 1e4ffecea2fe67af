import { setTimeout as wait } from 'node:timers/promises'
import { PutSecretValueCommand, RotateSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { readCurrent } from '../../functions/aws/secret-document.ts'
import { lastRefusal } from '../../functions/aws/session-rotation.ts'
import type { Credentials } from '../../functions/secrets/session.ts'

/** How long a login may take, with the first call of a function, and how often to check for it; ms. */
const loginTimeout = 30_000
const pollMs = 500

/**
 * Stores the user and password that the bridge on AWS logs in with, and starts a login.
 * @throws where the ERP refuses them, or there is no session within 30 s; they are stored all the same
 */
export async function storeCredentials(
  client: SecretsManagerClient,
  { credentialsId, sessionId }: { credentialsId: string; sessionId: string },
  credentials: Credentials,
): Promise<void> {
  const session = { client, secretId: sessionId }
  const [before, refusal] = await Promise.all([readCurrent(session), lastRefusal(session)])
  await client.send(new PutSecretValueCommand({ SecretId: credentialsId, SecretString: JSON.stringify(credentials) }))
  // Secrets Manager refuses this while a rotation runs; that one may still get a session.
  await client.send(new RotateSecretCommand({ SecretId: sessionId })).catch((error) => {
    if (!(error instanceof Error) || error.name !== 'InvalidRequestException') throw error
  })
  for (const end = Date.now() + loginTimeout; Date.now() < end; await wait(pollMs)) {
    if ((await readCurrent(session)).version !== before.version) return
    const last = await lastRefusal(session)
    if (last && last.refusedAt !== refusal?.refusedAt) throw new Error(last.reason)
  }
  throw new Error(
    'stored, but the bridge has not logged in with them within 30 s: the log of the function Login says why',
  )
}
