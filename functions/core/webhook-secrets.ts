import { randomBytes } from 'node:crypto'
import * as z from 'zod'

/** Source name → the secrets that its webhooks may be signed with, newest first. */
export const SecretsBySource = z.record(z.string(), z.array(z.string().min(1)))
export type SecretsBySource = z.infer<typeof SecretsBySource>

/** The secrets of a source, which may be called like something that every object has. */
export function secretsOf(secrets: SecretsBySource, source: string): string[] | undefined {
  return Object.hasOwn(secrets, source) ? secrets[source] : undefined
}

/** One more secret for a source, beside those that are valid already. */
export function withSecret(secrets: SecretsBySource, source: string, secret: string): SecretsBySource {
  const others = secretsOf(secrets, source)?.filter((old) => old !== secret) ?? []
  return { ...secrets, [source]: [secret, ...others] }
}

/** Just the newest secret of a source. @returns the rest too, which are valid no more */
export function withNewest(secrets: SecretsBySource, source: string): { secrets: SecretsBySource; retired: string[] } {
  const [newest, ...retired] = secretsOf(secrets, source) ?? []
  return { secrets: newest === undefined ? secrets : { ...secrets, [source]: [newest] }, retired }
}

/** 32 random bytes, written so that Standard Webhooks, plain HMAC and bearer can all use it. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}
