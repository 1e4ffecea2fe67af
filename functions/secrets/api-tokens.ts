import * as z from 'zod'
import type { ApiTokens } from '../ports/ports.ts'
import { type JsonDocument, ownValue } from './json-document.ts'

/** Source name → the token for the API of the source's provider. */
export const TokensBySource = z.record(z.string(), z.string().min(1))
export type TokensBySource = z.infer<typeof TokensBySource>

export type ApiTokenStore = ApiTokens & {
  /** Stores the token of a source and replaces an older one. */
  store(source: string, token: string): Promise<void>
}

/** @param given tokens from the settings; they win over the document's, source by source */
export function createApiTokens(document: JsonDocument<TokensBySource>, given: TokensBySource = {}): ApiTokenStore {
  return {
    of: async (source, options) => ownValue(given, source) ?? ownValue(await document.read(options), source),
    store: (source, token) =>
      document.edit((tokens) => ({ changed: { ...tokens, [source]: token }, result: undefined })),
  }
}
