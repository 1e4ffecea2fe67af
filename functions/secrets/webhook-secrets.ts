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

/** What sources may learn: source name → until when (ISO 8601); and what they have learned. */
export const Learning = z.strictObject({
  windows: z.record(z.string(), z.iso.datetime()).default({}),
  secrets: SecretsBySource.default({}),
})
export type Learning = z.infer<typeof Learning>

/** Until when a source may learn the secret of a handshake. @returns epoch ms; undefined when it may not @param now epoch ms */
export function windowOf({ windows }: Pick<Learning, 'windows'>, source: string, now: number): number | undefined {
  const until = Object.hasOwn(windows, source) ? Date.parse(windows[source] ?? '') : Number.NaN
  return now < until ? until : undefined
}

/** One more window, or the same for another time. Those that have ended are forgotten. @param until epoch ms */
export function withWindow(learning: Learning, source: string, until: number, now: number): Learning {
  const open = Object.entries(learning.windows).filter(([name]) => windowOf(learning, name, now) !== undefined)
  return { ...learning, windows: { ...Object.fromEntries(open), [source]: new Date(until).toISOString() } }
}

/** The secret that a source has learned, and its window closed. @returns undefined where it may not learn, or has a secret */
export function withLearned(learning: Learning, source: string, secret: string, now: number): Learning | undefined {
  const mayLearn = windowOf(learning, source, now) !== undefined && !secretsOf(learning.secrets, source)?.length
  return mayLearn
    ? { windows: without(learning.windows, source), secrets: { ...learning.secrets, [source]: [secret] } }
    : undefined
}

/** Neither a secret of a source, nor a window. */
export function withForgotten({ windows, secrets }: Learning, source: string): Learning {
  return { windows: without(windows, source), secrets: without(secrets, source) }
}

function without<T>(named: Record<string, T>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(named).filter(([other]) => other !== name))
}
