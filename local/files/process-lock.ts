import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isBusy } from '../storage/database.ts'
import { isDamage } from '../storage/error-codes.ts'

/** How long a starting bridge waits for one that is ending; ms. */
const waitForDying = 3_000

/**
 * Makes sure that one bridge runs on a folder. The operating system gives the lock back however the process ends.
 * @returns what unlocks it
 * @throws when another bridge runs on it
 */
export function lock(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const unlock = take(folder, 'lock.sqlite', waitForDying)
  if (unlock) return unlock
  throw new Error(`another chatroom-bridge runs on the data in ${folder}: stop it, or set DATA_DIR to another folder`)
}

/**
 * Takes another lock of a folder, if no process has it.
 * @returns what unlocks it; undefined where another process has it
 */
export function tryLock(folder: string, name: string): (() => void) | undefined {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return take(folder, name, 0)
}

function take(folder: string, name: string, timeout: number): (() => void) | undefined {
  const file = new DatabaseSync(join(folder, name), { timeout })
  try {
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    if (isBusy(error)) return undefined
    if (isDamage(error)) throw new Error(`${name} in ${folder} is damaged: remove it, it holds no data`)
    throw error
  }
  return () => file.close()
}
