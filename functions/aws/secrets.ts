import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import { type Cached, cached } from '../core/cached.ts'
import type { Clock, ErpSession, Log, WebhookSecrets } from '../core/ports.ts'
import { StoredSession } from '../core/session.ts'
import { newSecret, SecretsBySource, secretsOf, withNewest, withSecret } from '../core/webhook-secrets.ts'
import { parseSecret, readCurrent, type StoredSecret } from './stored-secret.ts'

/** How a stored secret is remembered. `ttl` in ms, 5 min by default; `log` is told of what could not be read. */
type Remembering = { clock: Clock; ttl?: number; log?: Log }

/**
 * The webhook secrets of all sources, which one secret of Secrets Manager holds as JSON: source name → list of secrets.
 * Rejects while nothing was read yet and it can't be: there is no such secret, or it doesn't hold that.
 */
export function createSecretsManagerSecrets(options: StoredSecret & Remembering): WebhookSecrets {
  const secrets = remembered(options, SecretsBySource)
  return { of: async (source, look) => secretsOf((await secrets(look)).value, source) ?? [] }
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
  const session = remembered(options, schema, readAgainEvery)
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
}

/** Marks the version that an edit has written and not yet made the current one. */
const nextStage = 'CHATROOM_BRIDGE_NEXT'
const mostEdits = 5

/**
 * Edits webhook secrets where createSecretsManagerSecrets reads them.
 *
 * Secrets Manager has no conditional put. So an edit puts a version that is not the current one and then moves AWSCURRENT to
 * it from the version that it has read; that move fails where another version is the current one meanwhile
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html, RemoveFromVersionId),
 * and the edit begins anew. What remains open: whoever writes by a plain PutSecretValue, as the console does, overwrites what
 * came after his own reading; and that the service compares and moves in one step is not documented.
 * @throws when the secret has no value yet ({} will do), doesn't hold what it should, or others keep changing it
 */
export function createSecretsManagerEditor(stored: StoredSecret): WebhookSecretsEditor {
  const { client, secretId: SecretId } = stored

  /** Makes the version `to` the current one if `from` still is. @returns whether it is */
  async function moveCurrent(from: string, to: string): Promise<boolean> {
    try {
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: 'AWSCURRENT',
          RemoveFromVersionId: from,
          MoveToVersionId: to,
        }),
      )
      return true
    } catch (error) {
      const { version } = await readCurrent(stored)
      if (version === from) throw error
      // Ours, where the answer to a first try got lost and the SDK's second one was refused.
      return version === to
    }
  }

  async function edit<T>(change: (secrets: SecretsBySource) => { changed?: SecretsBySource; result: T }): Promise<T> {
    for (let time = 1; time <= mostEdits; time += 1) {
      const { text, version } = await readCurrent(stored)
      const { changed, result } = change(parseSecret(text, SecretsBySource, SecretId))
      if (!changed) return result
      const next = randomUUID()
      await client.send(
        new PutSecretValueCommand({
          SecretId,
          ClientRequestToken: next,
          SecretString: JSON.stringify(changed),
          VersionStages: [nextStage],
        }),
      )
      if (await moveCurrent(version, next)) return result
      await pause(time * 100)
    }
    throw new Error(`${SecretId} is being changed by others: try again`)
  }

  return {
    async all() {
      return parseSecret((await readCurrent(stored)).text, SecretsBySource, SecretId)
    },
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
  }
}

function remembered<T>(
  { clock, ttl, log, ...stored }: StoredSecret & Remembering,
  schema: z.ZodType<T>,
  freshEvery?: number,
): Cached<{ value: T; version: string }> {
  const { secretId: secret } = stored
  const fetch = async () => {
    const { text, version } = await readCurrent(stored)
    return { value: parseSecret(text, schema, secret), version }
  }
  return cached(fetch, {
    clock,
    ttl,
    freshEvery,
    onFailure: (error) => log?.('secret not read', { secret, error: error instanceof Error ? error.name : 'unknown' }),
  })
}
