import { readFileSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { isDamage } from './error-codes.ts'
import { isWalDamaged } from './wal-check.ts'

/** How often a log is looked at until it is called damaged. */
const looks = 5

/** How to go on from a damaged file. */
export const damageAdvice = 'stop what uses it, and run npx chatroom-bridge backup FILE --salvage'

/**
 * Finds what SQLite would mend by forgetting, before it can: it deletes the log beside an empty file, even where it opens it
 * only for reading, and ends a log at its first damaged frame. Costs milliseconds. A file that isn't there yet is none.
 * @throws when data that were acknowledged would be lost by opening the file
 */
export function assertNoSilentLoss(path: string): void {
  const size = sizeOf(path)
  if (size === undefined && readWalFile(path).length > 0) throw damaged(path, 'it is gone, but its log is there')
  if (size === 0) throw damaged(path, 'it is empty')
  // Another process may be writing; then what looks broken at one look is whole at another.
  if (Array.from({ length: looks }).every(() => isWalDamaged(readWalFile(path)))) {
    throw damaged(path, 'commits in its log can’t be read')
  }
}

/** The log beside a database, which is there while somebody has it open and after a crash. */
export function readWalFile(path: string): Buffer {
  try {
    return readFileSync(`${path}-wal`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/**
 * Reads all of the file and looks whether it holds together. 0.3 s for 500 MB that are in memory; else as long as it takes
 * to read them.
 * @throws when it doesn't; nothing was changed then
 */
export function assertIntact(path: string): void {
  assertNoSilentLoss(path)
  const damage = sizeOf(path) === undefined ? undefined : findDamage(path)
  if (damage) throw damaged(path, damage)
}

/** @returns what is wrong with the pages of a database; undefined when nothing is */
export function findDamage(path: string): string | undefined {
  // Closing a file that was opened for writing would bring its log into it.
  const file = new DatabaseSync(path, { readOnly: true })
  try {
    const found = String(file.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
    return found === 'ok' ? undefined : found.split('\n').at(-1)
  } catch (error) {
    if (isDamage(error)) return (error as Error).message
    throw error
  } finally {
    file.close()
  }
}

function damaged(path: string, why: string): Error {
  return new Error(`${path} is damaged (${why}), and was left as it is: ${damageAdvice}`)
}

function sizeOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw new Error(`${path} is a folder: put it elsewhere`)
  return found?.size
}
