import { join } from 'node:path'
import { type ApiTokenStore, createApiTokens, TokensBySource } from '../../functions/secrets/api-tokens.ts'
import { jsonFile, lockedDocument } from './json-file.ts'

/**
 * The API tokens of this machine, in a file of DATA_DIR. The next look-up sees a change.
 * @param given tokens from the settings; they win source by source
 */
export function openApiTokens(folder: string, given: TokensBySource = {}): ApiTokenStore {
  const file = jsonFile(join(folder, 'api-tokens.json'), TokensBySource, { command: 'api-token', mayVanish: true })
  return createApiTokens(lockedDocument(join(folder, 'secrets.lock'), file), given)
}
