import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isBusy } from './database.ts'
import { isDamage } from './sqlite-errors.ts'

/** How long a starting bridge waits for one that is ending; ms. */
const waitForDying = 3_000

/**
 * Makes sure that one bridge runs on a folder. The operating system gives the lock back however the process ends.
 * @returns what unlocks it
 * @throws when another bridge runs on it
 */
export function lock(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: waitForDying })
  try {
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    if (isBusy(error)) {
      throw new Error(
        `another chatroom-bridge runs on the data in ${folder}: stop it, or set DATA_DIR to another folder`,
      )
    }
    if (isDamage(error)) throw new Error(`lock.sqlite in ${folder} is damaged: remove it, it holds no data`)
    throw error
  }
  return () => file.close()
}
