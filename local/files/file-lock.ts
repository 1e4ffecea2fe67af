import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** How long a process waits for another one that is writing, which takes it milliseconds; ms. */
const patience = 3_000

/**
 * Lets one process at a time change what stands beside a lock file. The operating system gives the lock back however the
 * process ends.
 * @throws when another one keeps it for too long
 */
export function withFileLock<T>(lockFile: string, change: () => T): T {
  mkdirSync(dirname(lockFile), { recursive: true, mode: 0o700 })
  const file = new DatabaseSync(lockFile, { timeout: patience })
  try {
    file.exec('BEGIN EXCLUSIVE')
    return change()
  } finally {
    file.close()
  }
}
