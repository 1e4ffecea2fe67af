import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { type Cached, cached } from '../core/cached.ts'
import type { Clock, Log, WebhookSecrets } from '../core/ports.ts'
import { newSecret, SecretsBySource, secretsOf, withNewest, withSecret } from '../core/webhook-secrets.ts'

const SessionToken = z.object({ token: z.string().min(1) })

/** One secret of Secrets Manager, by its name or ARN. */
type StoredSecret = { client: SecretsManagerClient; secretId: string }

/** How a stored secret is remembered. `ttl` in ms, 5 min by default; `log` is told of what could not be read. */
type Remembering = { clock: Clock; ttl?: number; log?: Log }

/**
 * The webhook secrets of all sources, which one secret of Secrets Manager holds as JSON: source name → list of secrets.
 * Rejects while nothing was read yet and it can't be: there is no such secret, or it doesn't hold that.
 */
export function createSecretsManagerSecrets(options: StoredSecret & Remembering): WebhookSecrets {
  const secrets = remembered(options, SecretsBySource)
  return { of: async (source, look) => secretsOf(await secrets(look), source) ?? [] }
}

/**
 * The ERP's session token, which one secret of Secrets Manager holds as JSON: {"token": "…"}.
 * Rejects while nothing was read yet and it can't be.
 */
export function createSecretsManagerSession(options: StoredSecret & Remembering): {
  token(look?: { fresh?: boolean }): Promise<string>
} {
  const session = remembered(options, SessionToken)
  return { token: async (look) => (await session(look)).token }
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
      const { changed, result } = change(parse(text, SecretsBySource, SecretId))
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
      return parse((await readCurrent(stored)).text, SecretsBySource, SecretId)
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

function remembered<T>({ clock, ttl, log, ...stored }: StoredSecret & Remembering, schema: z.ZodType<T>): Cached<T> {
  const { secretId: secret } = stored
  return cached(async () => parse((await readCurrent(stored)).text, schema, secret), {
    clock,
    ttl,
    onFailure: (error) => log?.('secret not read', { secret, error: error instanceof Error ? error.name : 'unknown' }),
  })
}

async function readCurrent({ client, secretId }: StoredSecret): Promise<{ text: string; version: string }> {
  const { SecretString = '', VersionId = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
  return { text: SecretString, version: VersionId }
}

/** @throws an error that names the field and what is expected there, and repeats nothing of what stands there */
function parse<T>(text: string, schema: z.ZodType<T>, secretId: string): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own message quotes what it could not read.
    throw unreadable(secretId, 'expected JSON')
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const sentences = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(': '))
  throw unreadable(secretId, sentences.join('; '))
}

function unreadable(secretId: string, why: string): Error {
  return Object.assign(new Error(`${secretId} does not hold what it should: ${why}`), { name: 'UnreadableSecret' })
}
