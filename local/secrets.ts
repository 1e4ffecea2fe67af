import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { WebhookSecrets } from '../functions/core/ports.ts'

const Stored = z.record(z.string(), z.array(z.string().min(1)))

/** The webhook secrets of this machine, and the operator's way to change them. Secrets stand newest first. */
export type SecretsFile = WebhookSecrets & {
  all(): Record<string, string[]>
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
export function openSecrets(folder: string, given: Record<string, string[]> = {}): SecretsFile {
  const path = join(folder, 'secrets.json')
  let cached: { stamp: string; secrets: Record<string, string[]> } | undefined

  function stored(): Record<string, string[]> {
    if (!existsSync(path)) return {}
    const { mtimeMs, size, ino } = statSync(path)
    const stamp = `${mtimeMs}/${size}/${ino}`
    if (cached?.stamp !== stamp) cached = { stamp, secrets: read(path) }
    return cached.secrets
  }

  return {
    async of(source) {
      return own(given, source) ?? own(stored(), source) ?? []
    },
    all() {
      return { ...stored(), ...given }
    },
    add(source, secret = newSecret()) {
      const secrets = stored()
      write(path, { ...secrets, [source]: [secret, ...(own(secrets, source) ?? []).filter((old) => old !== secret)] })
      return secret
    },
    retire(source) {
      const secrets = stored()
      const [newest, ...older] = own(secrets, source) ?? []
      if (newest !== undefined && older.length > 0) write(path, { ...secrets, [source]: [newest] })
      return older.length
    },
  }
}

/** 32 random bytes, written so that Standard Webhooks, plain HMAC and bearer can all use it. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

function read(path: string): Record<string, string[]> {
  try {
    return Stored.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const isUnreadable = error instanceof Error && 'code' in error && typeof error.code === 'string'
    const why = isUnreadable ? String(error.code) : 'expected JSON: source name → list of secrets'
    throw new Error(`${path} can't be read (${why}): mend it, or remove it and run npm run secrets -- add SOURCE`)
  }
}

/** Writes beside it and renames, so that a crash leaves the old file or the new one. */
function write(path: string, secrets: Record<string, string[]>): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.${process.pid}.new`
  writeFileSync(next, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(next, path)
}

function own(secrets: Record<string, string[]>, source: string): string[] | undefined {
  return Object.hasOwn(secrets, source) ? secrets[source] : undefined
}
