import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import { type Cached, cached } from '../core/cached.ts'
import type { Clock, Log } from '../core/ports.ts'

/** One secret of Secrets Manager, by its name or ARN. */
export type StoredSecret = { client: SecretsManagerClient; secretId: string }

/** How a stored secret is remembered. `ttl` in ms, 5 min by default; `log` is told of what could not be read. */
export type Remembering = { clock: Clock; ttl?: number; log?: Log }

/** Marks the version that an edit has written and not yet made the current one. */
const nextStage = 'CHATROOM_BRIDGE_NEXT'
const mostEdits = 5

/** The JSON that a secret holds, remembered. Rejects while nothing was read yet and it can't be. */
export function rememberedJson<T>(
  { clock, ttl, log, ...stored }: StoredSecret & Remembering,
  schema: z.ZodType<T>,
): Cached<T> {
  const { secretId: secret } = stored
  return cached(() => readJson(stored, schema), {
    clock,
    ttl,
    onFailure: (error) => log?.('secret not read', { secret, error: error instanceof Error ? error.name : 'unknown' }),
  })
}

/**
 * The JSON that a secret holds.
 * @throws when there is no such secret, or it doesn't hold what the schema says
 */
export async function readJson<T>(stored: StoredSecret, schema: z.ZodType<T>): Promise<T> {
  return parse((await readCurrent(stored)).text, schema, stored.secretId)
}

/**
 * Changes the JSON that a secret holds.
 *
 * Secrets Manager has no conditional put. So an edit puts a version that is not the current one and then moves AWSCURRENT to
 * it from the version that it has read; that move fails where another version is the current one meanwhile
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html, RemoveFromVersionId),
 * and the edit begins anew. What remains open: whoever writes by a plain PutSecretValue, as the console does, overwrites what
 * came after his own reading; and that the service compares and moves in one step is not documented.
 * @param change makes what it is to hold of what it holds; where it makes nothing, nothing is written
 * @throws when the secret has no value yet ({} will do), doesn't hold what it should, or others keep changing it
 */
export async function editJson<T, Result>(
  stored: StoredSecret,
  schema: z.ZodType<T>,
  change: (json: T) => { changed?: T | undefined; result: Result },
): Promise<Result> {
  const { client, secretId: SecretId } = stored
  for (let time = 1; time <= mostEdits; time += 1) {
    const { text, version } = await readCurrent(stored)
    const { changed, result } = change(parse(text, schema, SecretId))
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
    if (await moveCurrent(stored, version, next)) return result
    await pause(time * 100)
  }
  throw new Error(`${SecretId} is being changed by others: try again`)
}

/** Makes the version `to` the current one if `from` still is. @returns whether it is */
async function moveCurrent(stored: StoredSecret, from: string, to: string): Promise<boolean> {
  const { client, secretId: SecretId } = stored
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
