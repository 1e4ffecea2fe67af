import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'

/** One secret of Secrets Manager, by its name or ARN. */
export type StoredSecret = { client: SecretsManagerClient; secretId: string }

/** The current version of a secret. */
export async function readCurrent({ client, secretId }: StoredSecret): Promise<{ text: string; version: string }> {
  const { SecretString = '', VersionId = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
  return { text: SecretString, version: VersionId }
}

/**
 * What a secret holds.
 * @throws an error that names the field and what is expected there, and repeats nothing of what stands there
 */
export function parseSecret<T>(text: string, schema: z.ZodType<T>, secretId: string): T {
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
