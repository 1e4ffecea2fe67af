import { createHash } from 'node:crypto'
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import type { ErpSession } from '../ports/ports.ts'
import { noSession, StoredSession } from '../secrets/session.ts'
import { createWebhookSecrets, Learning, SecretsBySource, type WebhookSecretStore } from '../secrets/webhook-secrets.ts'
import { type CacheOptions, cachedSecret, type StoredSecret, secretDocument } from './secret-document.ts'

/**
 * The webhook secrets of all sources in one secret of Secrets Manager, as JSON: source name → list of secrets. The learned
 * ones stand in a second one: ingest may not write the first, so no handshake can touch a secret that an operator added.
 * @param options.learnedId the second one; absent where no source can learn
 * @param options.learners the sources that can learn, by default all; the others are served while it can't be read
 */
export function createSecretsManagerSecrets({
  learnedId,
  learners,
  ...stored
}: StoredSecret &
  Partial<CacheOptions> & {
    learnedId?: string | undefined
    learners?: ReadonlySet<string>
  }): WebhookSecretStore {
  return createWebhookSecrets({
    added: secretDocument(stored, SecretsBySource),
    learning: learnedId === undefined ? undefined : secretDocument({ ...stored, secretId: learnedId }, Learning),
    isLearnedApart: (source) => !learners || learners.has(source),
  })
}

/** ms between two reads because the ERP refused the session. Only the ERP can cause them. */
const freshEvery = 2_000
/** ms between two requests of one instance to rotate away from one session. */
const rotateEvery = 30_000
/** ms after which a request for the same session counts as another rotation. */
const newRotationEvery = 10 * 60_000

/**
 * The ERP's session token in one secret of Secrets Manager, as JSON: {"token": "…"}.
 *
 * A rotated session that the ERP refuses, or that is not there yet, is renewed by starting a rotation. The id of the new
 * version follows from that of the refused one: a hundred instances with the same refused session start one rotation, also
 * when some of them ask after its end.
 * @param options.isRotated whether the secret has a rotation
 */
export function createSecretsManagerSession({
  isRotated = false,
  ...options
}: StoredSecret & CacheOptions & { isRotated?: boolean }): ErpSession {
  const { client, secretId, clock, log } = options
  const schema: z.ZodType<{ token?: string | undefined }> = isRotated ? StoredSession.partial() : StoredSession
  const session = cachedSecret(options, schema, freshEvery)
  let requested: { version: string; at: number } | undefined

  async function rotate(version: string): Promise<void> {
    const now = clock()
    if (requested?.version === version && now - requested.at < rotateEvery) return
    requested = { version, at: now }
    try {
      const ClientRequestToken = nextVersion(version, Math.floor(now / newRotationEvery))
      await client.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken }))
    } catch (error) {
      // One reason is a rotation that runs already.
      log?.('rotation not begun', { secret: secretId, error: error instanceof Error ? error.name : 'unknown' })
    }
  }

  return {
    async token(look) {
      const known = await session(look)
      const { value, version } = known.value.token === undefined ? await session({ fresh: true }) : known
      if (value.token !== undefined) return value.token
      await rotate(version)
      throw noSession()
    },
    ...(isRotated && {
      async renew(refused) {
        const { value, version } = await session()
        if (value.token === refused) await rotate(version)
      },
    }),
  }
}

function nextVersion(version: string, period: number): string {
  return createHash('sha256').update(`${version}/${period}`).digest('hex')
}
