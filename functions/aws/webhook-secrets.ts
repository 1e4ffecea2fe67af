import { createHash } from 'node:crypto'
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import type { ErpSession, WebhookSecrets } from '../ports/ports.ts'
import { StoredSession } from '../secrets/session.ts'
import {
  newSecret,
  SecretsBySource,
  secretsOf,
  withForgotten,
  withNewest,
  withSecret,
} from '../secrets/webhook-secrets.ts'
import { editJson, type Remembering, readJson, rememberedJson, rememberedVersion } from './stored-json.ts'
import type { StoredSecret } from './stored-secret.ts'

/**
 * The webhook secrets of all sources, which one secret of Secrets Manager holds as JSON: source name → list of secrets.
 * Rejects while nothing was read yet and it can't be: there is no such secret, or it doesn't hold that.
 */
export function createSecretsManagerSecrets(options: StoredSecret & Remembering): WebhookSecrets {
  const secrets = rememberedJson(options, SecretsBySource)
  return { of: async (source, look) => secretsOf(await secrets(look), source) ?? [] }
}

/** ms between two reads because the ERP refused the session. Nobody but the ERP can cause them. */
const readAgainEvery = 2_000
/** ms between two requests to rotate away from one session, and until those begin anew. */
const askAgainEvery = 30_000
const askAnewEvery = 10 * 60_000

/**
 * The ERP's session token, which one secret of Secrets Manager holds as JSON: {"token": "…"}.
 *
 * Where it is rotated, a session that the ERP refuses is renewed by asking for the rotation. The new version's id follows
 * from the refused one's, so that a hundred instances that find the same session refused ask for the same rotation, also
 * those that ask when it is through; after ten minutes it is another one. A secret that holds no session yet is renewed too.
 * @param options.isRotated whether the secret has a rotation
 */
export function createSecretsManagerSession({
  isRotated = false,
  ...options
}: StoredSecret & Remembering & { isRotated?: boolean }): ErpSession {
  const { client, secretId, clock, log } = options
  const schema: z.ZodType<{ token?: string | undefined }> = isRotated ? StoredSession.partial() : StoredSession
  const session = rememberedVersion(options, schema, readAgainEvery)
  let asked: { version: string; at: number } | undefined

  async function rotate(version: string): Promise<void> {
    const now = clock()
    if (asked?.version === version && now - asked.at < askAgainEvery) return
    asked = { version, at: now }
    try {
      const ClientRequestToken = successor(version, Math.floor(now / askAnewEvery))
      await client.send(new RotateSecretCommand({ SecretId: secretId, ClientRequestToken }))
    } catch (error) {
      // Such as that one is under way already.
      log?.('rotation not begun', { secret: secretId, error: error instanceof Error ? error.name : 'unknown' })
    }
  }

  return {
    async token(look) {
      const known = await session(look)
      const { value, version } = known.value.token === undefined ? await session({ fresh: true }) : known
      if (value.token !== undefined) return value.token
      await rotate(version)
      throw Object.assign(new Error('nobody has logged in yet'), { name: 'NoLogin' })
    },
    ...(isRotated && {
      async renew(refused) {
        const { value, version } = await session()
        if (value.token === refused) await rotate(version)
      },
    }),
  }
}

/** The id of the version that shall follow another one. */
function successor(version: string, time: number): string {
  return createHash('sha256').update(`${version}/${time}`).digest('hex')
}

/** The operator's way to change webhook secrets. Secrets stand newest first. */
export type WebhookSecretsEditor = {
  all(): Promise<SecretsBySource>
  /** Adds a secret beside those that are valid already. @returns it, made here when none was given */
  add(source: string, secret?: string): Promise<string>
  /** Ends the validity of every secret but the newest. @returns how many ended */
  retire(source: string): Promise<number>
  /** Ends the validity of every secret. @returns how many ended */
  forget(source: string): Promise<number>
}

/** Edits webhook secrets where createSecretsManagerSecrets reads them; see `editJson` for what may go wrong. */
export function createSecretsManagerEditor(stored: StoredSecret): WebhookSecretsEditor {
  type Change<T> = (secrets: SecretsBySource) => { changed?: SecretsBySource; result: T }
  const edit = <T>(change: Change<T>) => editJson(stored, SecretsBySource, change)
  return {
    all: () => readJson(stored, SecretsBySource),
    add(source, secret = newSecret()) {
      return edit((secrets) => {
        const isNewest = secretsOf(secrets, source)?.[0] === secret
        return { ...(!isNewest && { changed: withSecret(secrets, source, secret) }), result: secret }
      })
    },
    retire(source) {
      return edit((secrets) => {
        const { secrets: changed, retired } = withNewest(secrets, source)
        return { ...(retired.length > 0 && { changed }), result: retired.length }
      })
    },
    forget(source) {
      return edit((secrets) => {
        const result = secretsOf(secrets, source)?.length ?? 0
        const { secrets: changed } = withForgotten({ windows: {}, secrets }, source)
        return { ...(result > 0 && { changed }), result }
      })
    },
  }
}
