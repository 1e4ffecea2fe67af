import * as z from 'zod'

/** Source name → the token with which its provider's API is asked. */
export const TokensBySource = z.record(z.string(), z.string().min(1))
export type TokensBySource = z.infer<typeof TokensBySource>

/** The token of a source, which may be called like something that every object has. */
export function tokenOf(tokens: TokensBySource, source: string): string | undefined {
  return Object.hasOwn(tokens, source) ? tokens[source] : undefined
}
