import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { atomicRename } from '../files/atomic-rename.ts'
import { isTransient } from './error-codes.ts'
import { findDamage } from './integrity.ts'

/** Pages that are copied in one step: all of them, because a write of the bridge between two steps starts the copy again. */
const pagesPerStep = 2 ** 31 - 1

/**
 * Writes a file under a temporary name, syncs it and renames it, so that a half-written file never has the name.
 * @param write writes the file that it is given
 * @throws when the name is taken; no temporary file stays behind
 */
export async function writeBeside<T>(path: string, replace: boolean, write: (part: string) => Promise<T>): Promise<T> {
  const part = `${path}.${process.pid}.part`
  const clear = () => {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${part}${end}`, { force: true })
  }
  const ends = [
    { signal: 'SIGINT', end: () => process.exit(130) },
    { signal: 'SIGTERM', end: () => process.exit(143) },
  ]
  for (const { signal, end } of ends) process.on(signal, end)
  process.on('exit', clear)
  try {
    const result = await write(part)
    const file = openSync(part, 'r+')
    fsyncSync(file)
    closeSync(file)
    if (!atomicRename(part, path, { replace })) throw new Error(alreadyExists(path))
    return result
  } catch (error) {
    if (!isTransient(error) && (error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    const why = (error as Error).message
    throw new Error(`${path} cannot be written (${why}): is there room, and may this user write there?`, {
      cause: error,
    })
  } finally {
    clear()
    process.off('exit', clear)
    for (const { signal, end } of ends) process.off(signal, end)
  }
}

/** The error for a name that is taken. */
export function alreadyExists(path: string): string {
  return `${path} is there already: give another name, or --force to replace it`
}

/**
 * Copies a database as it is at one moment, while others write to it. Not by `VACUUM INTO`: that is twice as fast, but this
 * process could not react to Ctrl-C meanwhile.
 */
export async function snapshot(source: DatabaseSync, to: string): Promise<void> {
  // Created first, so that only its owner can read it from the beginning.
  writeFileSync(to, '', { mode: 0o600, flag: 'wx' })
  await backup(source, to, { rate: pagesPerStep })
  const damage = findDamage(to)
  if (damage) throw new Error(`the data are damaged (${damage}): --salvage copies what can still be read`)
}

/**
 * Opens a database for a snapshot without changing it.
 * @throws when it cannot be read at all
 */
export function openSource(path: string): DatabaseSync {
  const source = new DatabaseSync(path, { readOnly: true })
  try {
    source.prepare('SELECT count(*) FROM messages').get()
    return source
  } catch (error) {
    source.close()
    throw error
  }
}

/** Counts what a database file holds that no process writes to. */
export function contentsOf(path: string): {
  webhooks: number
  deadLetters: number
  chatMessages: number
  due: number
  objects: number
} {
  // Immutable: otherwise SQLite would create a log beside the file.
  const file = new DatabaseSync(new URL(`${pathToFileURL(path)}?immutable=1`), { readOnly: true })
  const count = (query: string) => Number(file.prepare(`SELECT count(*) AS count FROM ${query}`).get()?.['count'])
  try {
    return {
      webhooks: count(`messages WHERE queue = 'events' AND body LIKE '%"kind":"updates"%'`),
      deadLetters: count(`messages WHERE queue = 'dead letters'`),
      // Objects have records in the same table; chat messages' ids have no colon.
      chatMessages: count(`states WHERE message_id NOT LIKE 'object:%'`),
      objects: count(`states WHERE message_id LIKE 'object:%'`),
      due: count('states WHERE sweep_at IS NOT NULL'),
    }
  } finally {
    file.close()
  }
}
