import { type ApiTokenStore, createApiTokens, TokensBySource } from '../secrets/api-tokens.ts'
import { type CacheOptions, type StoredSecret, secretDocument } from './secret-document.ts'

/** The API tokens of all sources in one secret of Secrets Manager, as JSON: source name → token. */
export function createSecretsManagerApiTokens(stored: StoredSecret & Partial<CacheOptions>): ApiTokenStore {
  return createApiTokens(secretDocument(stored, TokensBySource))
}
