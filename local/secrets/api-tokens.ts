import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiTokens } from '../../functions/ports/ports.ts'
import { TokensBySource, tokenOf } from '../../functions/secrets/api-tokens.ts'
import { withFileLock } from '../files/file-lock.ts'
import { readPrivate, writePrivate } from '../files/private-file.ts'

/** The API tokens of this machine, and the operator's way to change them. */
export type ApiTokensFile = ApiTokens & {
  /** Stores a source's token in the place of an older one. */
  store(source: string, token: string): void
}

/**
 * The API tokens in a file of DATA_DIR that only its owner may read. A change is seen by the next look-up.
 * @param given tokens that settings fix; they win per source
 * @throws when the file isn't readable or isn't what was written here; the message never repeats what stands in it
 */
export function openApiTokens(folder: string, given: TokensBySource = {}): ApiTokensFile {
  const path = join(folder, 'api-tokens.json')
  const stored = () => (existsSync(path) ? readPrivate(path, TokensBySource, 'api-token') : {})
  return {
    async of(source) {
      return tokenOf(given, source) ?? tokenOf(stored(), source)
    },
    store(source, token) {
      withFileLock(join(folder, 'secrets.lock'), () => writePrivate(path, { ...stored(), [source]: token }))
    },
  }
}
