import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WebhookSecrets } from '../functions/core/ports.ts'
import { newSecret, SecretsBySource, secretsOf, withNewest, withSecret } from '../functions/core/webhook-secrets.ts'
import { stampOf, writePrivate } from './private-file.ts'

/** The webhook secrets of this machine, and the operator's way to change them. Secrets stand newest first. */
export type SecretsFile = WebhookSecrets & {
  all(): SecretsBySource
  /** Adds a secret beside those that are valid already. @returns it, made here when none was given */
  add(source: string, secret?: string): string
  /** Ends the validity of every secret but the newest. @returns how many ended */
  retire(source: string): number
}

/**
 * The secrets in a file of DATA_DIR that only its owner may read. A change is seen by the next request.
 * @param given secrets that settings fix; they win per source
 * @throws when the file isn't readable or isn't what was written here; the message never repeats what stands in it
 */
export function openSecrets(folder: string, given: SecretsBySource = {}): SecretsFile {
  const path = join(folder, 'secrets.json')
  let cached: { stamp: string; secrets: SecretsBySource } | undefined

  function stored(): SecretsBySource {
    const stamp = stampOf(path)
    // To a bridge that runs, a file that is gone is a disk that is gone: senders are to come again, not to be refused.
    if (!stamp && cached) throw new Error(`${path} is gone: bring it back, or start again`)
    if (!stamp) return {}
    if (cached?.stamp !== stamp) cached = { stamp, secrets: read(path) }
    return cached.secrets
  }

  return {
    async of(source) {
      return secretsOf(given, source) ?? secretsOf(stored(), source) ?? []
    },
    all() {
      return { ...stored(), ...given }
    },
    add(source, secret = newSecret()) {
      writePrivate(path, withSecret(stored(), source, secret))
      return secret
    },
    retire(source) {
      const { secrets, retired } = withNewest(stored(), source)
      if (retired.length > 0) writePrivate(path, secrets)
      return retired.length
    },
  }
}

function read(path: string): SecretsBySource {
  try {
    return SecretsBySource.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const isUnreadable = error instanceof Error && 'code' in error && typeof error.code === 'string'
    const why = isUnreadable ? String(error.code) : 'expected JSON: source name → list of secrets'
    throw new Error(`${path} can't be read (${why}): mend it, or remove it and run npm run secrets -- add SOURCE`)
  }
}
