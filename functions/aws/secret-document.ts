import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import type { Clock, Log } from '../ports/ports.ts'
import { type Cached, cached } from '../secrets/cached.ts'
import type { JsonDocument } from '../secrets/json-document.ts'

/** One secret of Secrets Manager, by its name or ARN. */
export type StoredSecret = { client: SecretsManagerClient; secretId: string }

/** Options of a cached secret; `log` gets failed reads. */
export type CacheOptions = { clock: Clock; log?: Log }

/** Marks the version that an edit has written and not yet made the current one. */
const nextStage = 'CHATROOM_BRIDGE_NEXT'
const maxEdits = 5

/**
 * The JSON that a secret holds; cached where there is a clock.
 *
 * Secrets Manager has no conditional put. An edit therefore puts a version that is not the current one, and moves AWSCURRENT
 * to it from the version that the edit has read. That move fails where another version is current meanwhile
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html, RemoveFromVersionId),
 * and the edit starts again. Two gaps remain: a plain PutSecretValue, as the console sends it, overwrites what it has not
 * read; and AWS does not document that the move compares and writes in one step.
 */
export function secretDocument<T>(stored: StoredSecret & Partial<CacheOptions>, schema: z.ZodType<T>): JsonDocument<T> {
  const { clock, client, secretId: SecretId } = stored
  const cache = clock && cachedSecret({ ...stored, clock }, schema)
  return {
    read: async (options) => (await (cache ? cache(options) : readSecret(stored, schema))).value,
    async edit(change) {
      for (let edits = 1; edits <= maxEdits; edits += 1) {
        const { value, version } = await readSecret(stored, schema)
        const { changed, result } = change(value)
        if (!changed) {
          cache?.remember({ value, version })
          return result
        }
        const next = randomUUID()
        await client.send(
          new PutSecretValueCommand({
            SecretId,
            ClientRequestToken: next,
            SecretString: JSON.stringify(changed),
            VersionStages: [nextStage],
          }),
        )
        if (await moveCurrent(stored, version, next)) {
          cache?.remember({ value: changed, version: next })
          return result
        }
        await wait(edits * 100)
      }
      throw new Error(`${SecretId} is being changed by others: try again`)
    },
  }
}

/**
 * Caches what a secret holds for 5 minutes, with the id of its version. Rejects while nothing could be read yet.
 * @param freshEvery ms between two reads past the cache
 */
export function cachedSecret<T>(
  { clock, log, ...stored }: StoredSecret & CacheOptions,
  schema: z.ZodType<T>,
  freshEvery?: number,
): Cached<{ value: T; version: string }> {
  const onFailure = (error: unknown) =>
    log?.('secret not read', { secret: stored.secretId, error: error instanceof Error ? error.name : 'unknown' })
  return cached(() => readSecret(stored, schema), { clock, freshEvery, onFailure })
}

/** Reads the current version of a secret. @throws as parseSecret does, and when there is no such secret */
export async function readSecret<T>(
  stored: StoredSecret,
  schema: z.ZodType<T>,
): Promise<{ value: T; version: string }> {
  const { text, version } = await readCurrent(stored)
  return { value: parseSecret(text, schema, stored.secretId), version }
}

/** Reads the current version of a secret without parsing it. */
export async function readCurrent({ client, secretId }: StoredSecret): Promise<{ text: string; version: string }> {
  const { SecretString = '', VersionId = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
  return { text: SecretString, version: VersionId }
}

/** @throws an error that names the field and what is expected there, and repeats nothing of the text */
export function parseSecret<T>(text: string, schema: z.ZodType<T>, secretId: string): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text.
    throw unreadable(secretId, 'expected JSON')
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(': '))
  throw unreadable(secretId, issues.join('; '))
}

function unreadable(secretId: string, why: string): Error {
  return Object.assign(new Error(`${secretId} does not hold what it should: ${why}`), { name: 'UnreadableSecret' })
}

/** Moves a label of a secret from one version to another, or removes it where there is no other. */
export async function moveStage(
  { client, secretId }: StoredSecret,
  VersionStage: string,
  { from, to }: { from: string; to?: string },
): Promise<void> {
  const versions = { RemoveFromVersionId: from, MoveToVersionId: to }
  await client.send(new UpdateSecretVersionStageCommand({ SecretId: secretId, VersionStage, ...versions }))
}

/** Makes the version `to` the current one if `from` still is. @returns whether `to` is the current one */
export async function moveCurrent(stored: StoredSecret, from: string, to: string): Promise<boolean> {
  try {
    await moveStage(stored, 'AWSCURRENT', { from, to })
    return true
  } catch (error) {
    const { version } = await readCurrent(stored)
    if (version === from) throw error
    // It is ours where the answer to the SDK's first try got lost and its second try was refused.
    return version === to
  }
}
