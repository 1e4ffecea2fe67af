import { join } from 'node:path'
import type { WebhookSecrets } from '../../functions/ports/ports.ts'
import {
  Learning,
  newSecret,
  SecretsBySource,
  secretsOf,
  windowOf,
  withForgotten,
  withLearned,
  withNewest,
  withSecret,
  withWindow,
} from '../../functions/secrets/webhook-secrets.ts'
import { withFileLock } from '../files/file-lock.ts'
import { fileVersion, readPrivate, writePrivate } from '../files/private-file.ts'

/** The webhook secrets of this machine, and the operator's way to change them. Secrets stand newest first. */
export type WebhookSecretsFile = Required<WebhookSecrets> & {
  all(): SecretsBySource
  /** Adds a secret beside those that are valid already. @returns it, made here when none was given */
  add(source: string, secret?: string): string
  /** Ends the validity of every secret but the newest. @returns how many ended */
  retire(source: string): number
  /** Ends the validity of every secret, and closes the source's window. @returns how many ended */
  forget(source: string): number
  /** Lets a source learn the secret of a handshake. @param until epoch ms */
  openWindow(source: string, until: number, now: number): void
  /** Until when a source may learn one; epoch ms. */
  window(source: string, now: number): number | undefined
}

const Windows = Learning.shape.windows

/**
 * The secrets in a file of DATA_DIR that only its owner may read, and in another one what sources may learn. A change is seen
 * by the next request, and one process changes them at a time.
 * @param given secrets that settings fix; they win per source
 * @throws when a file isn't readable or isn't what was written here; the message never repeats what stands in it
 */
export function openSecrets(folder: string, given: SecretsBySource = {}): WebhookSecretsFile {
  const path = join(folder, 'secrets.json')
  const windowsPath = join(folder, 'learning.json')
  const lockFile = join(folder, 'secrets.lock')
  let cached: { stamp: string; secrets: SecretsBySource } | undefined

  function stored(): SecretsBySource {
    const stamp = fileVersion(path)
    // To a bridge that runs, a file that is gone is a disk that is gone: senders are to come again, not to be refused.
    if (!stamp && cached) throw new Error(`${path} is gone: bring it back, or start again`)
    if (!stamp) return {}
    if (cached?.stamp !== stamp) cached = { stamp, secrets: readPrivate(path, SecretsBySource, 'add') }
    return cached.secrets
  }

  function learning(): Learning {
    const isThere = fileVersion(windowsPath) !== undefined
    return { windows: isThere ? readPrivate(windowsPath, Windows, 'learn') : {}, secrets: stored() }
  }

  return {
    async of(source) {
      return secretsOf(given, source) ?? secretsOf(stored(), source) ?? []
    },
    async learn(source, secret, now) {
      if (Object.hasOwn(given, source)) return false
      // Most handshakes that nobody waits for need no lock.
      if (windowOf(learning(), source, now) === undefined) return false
      return withFileLock(lockFile, () => {
        const learned = withLearned(learning(), source, secret, now)
        if (!learned) return false
        // In this order a crash between the two leaves nothing open.
        writePrivate(windowsPath, learned.windows)
        writePrivate(path, learned.secrets)
        return true
      })
    },
    all() {
      return { ...stored(), ...given }
    },
    add(source, secret = newSecret()) {
      return withFileLock(lockFile, () => {
        writePrivate(path, withSecret(stored(), source, secret))
        return secret
      })
    },
    retire(source) {
      return withFileLock(lockFile, () => {
        const { secrets, retired } = withNewest(stored(), source)
        if (retired.length > 0) writePrivate(path, secrets)
        return retired.length
      })
    },
    forget(source) {
      return withFileLock(lockFile, () => {
        const before = learning()
        const { windows, secrets } = withForgotten(before, source)
        if (Object.hasOwn(before.windows, source)) writePrivate(windowsPath, windows)
        if (Object.hasOwn(before.secrets, source)) writePrivate(path, secrets)
        return secretsOf(before.secrets, source)?.length ?? 0
      })
    },
    openWindow(source, until, now) {
      withFileLock(lockFile, () => writePrivate(windowsPath, withWindow(learning(), source, until, now).windows))
    },
    window(source, now) {
      return windowOf(learning(), source, now)
    },
  }
}
