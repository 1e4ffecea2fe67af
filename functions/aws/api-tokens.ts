import type { ApiTokens } from '../ports/ports.ts'
import { TokensBySource, tokenOf } from '../secrets/api-tokens.ts'
import { editJson, type Remembering, rememberedJson } from './stored-json.ts'
import type { StoredSecret } from './stored-secret.ts'

/**
 * The API tokens of all sources, which one secret of Secrets Manager holds as JSON: source name → token.
 * Rejects while nothing was read yet and it can't be.
 */
export function createSecretsManagerApiTokens(options: StoredSecret & Remembering): ApiTokens {
  const tokens = rememberedJson(options, TokensBySource)
  return { of: async (source, look) => tokenOf(await tokens(look), source) }
}

/** Stores a token where createSecretsManagerApiTokens reads it; see `editJson` for what may go wrong. */
export function storeApiToken(stored: StoredSecret, source: string, token: string): Promise<void> {
  return editJson(stored, TokensBySource, (tokens) => ({ changed: { ...tokens, [source]: token }, result: undefined }))
}
