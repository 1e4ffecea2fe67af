import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { PutSecretValueCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import type { Clock, Log } from '../ports/ports.ts'
import { type Cached, cached } from '../secrets/cached.ts'
import { parseSecret, readCurrent, type StoredSecret } from './stored-secret.ts'

/** How a stored secret is remembered. `ttl` in ms, 5 min by default; `log` is told of what could not be read. */
export type Remembering = { clock: Clock; ttl?: number; log?: Log }

/** Marks the version that an edit has written and not yet made the current one. */
const nextStage = 'CHATROOM_BRIDGE_NEXT'
const mostEdits = 5

/** The JSON that a secret holds, remembered. Rejects while nothing was read yet and it can't be. */
export function rememberedJson<T>(options: StoredSecret & Remembering, schema: z.ZodType<T>): Cached<T> {
  return remembered(options, () => readJson(options, schema))
}

/** The same with the id of the version that holds it. @param freshEvery ms between two reads past what is remembered */
export function rememberedVersion<T>(
  options: StoredSecret & Remembering,
  schema: z.ZodType<T>,
  freshEvery: number,
): Cached<{ value: T; version: string }> {
  const fetch = async () => {
    const { text, version } = await readCurrent(options)
    return { value: parseSecret(text, schema, options.secretId), version }
  }
  return remembered(options, fetch, freshEvery)
}

function remembered<T>(
  { clock, ttl, log, secretId: secret }: StoredSecret & Remembering,
  fetch: () => Promise<T>,
  freshEvery?: number,
): Cached<T> {
  return cached(fetch, {
    clock,
    ttl,
    freshEvery,
    onFailure: (error) => log?.('secret not read', { secret, error: error instanceof Error ? error.name : 'unknown' }),
  })
}

/**
 * The JSON that a secret holds.
 * @throws when there is no such secret, or it doesn't hold what the schema says
 */
export async function readJson<T>(stored: StoredSecret, schema: z.ZodType<T>): Promise<T> {
  return parseSecret((await readCurrent(stored)).text, schema, stored.secretId)
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
    const { changed, result } = change(parseSecret(text, schema, SecretId))
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
