import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { atomicRename } from '../files/atomic-rename.ts'
import { isTransient } from './error-codes.ts'
import { findDamage } from './integrity.ts'

/** More pages than a file can have, so that all are copied in one step: with several, each write of the bridge begins it anew. */
const allAtOnce = 2 ** 31 - 1

/**
 * Writes a file beside its place, syncs it to the disk and gives it its name, so that there is never half of one.
 * @param write writes the file it is given
 * @throws when the name is taken; whatever happens, nothing but the file stays behind
 */
export async function writeBeside<T>(path: string, replace: boolean, write: (part: string) => Promise<T>): Promise<T> {
  const part = `${path}.${process.pid}.part`
  const clear = () => {
    for (const end of ['', '-journal', '-wal', '-shm', '.scratch']) rmSync(`${part}${end}`, { force: true })
  }
  // Ends as after any exit.
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
    throw new Error(`${path} can't be written (${why}): is there room, and may this user write there?`, {
      cause: error,
    })
  } finally {
    clear()
    process.off('exit', clear)
    for (const { signal, end } of ends) process.off(signal, end)
  }
}

/** What to say when a name is taken. */
export function alreadyExists(path: string): string {
  return `${path} is there already: give another name, or --force to replace it`
}

/**
 * Copies a database as it is at one moment, while others write to it. Page by page, and not as `VACUUM INTO`: that is twice as
 * fast, but keeps this process from hearing Ctrl-C meanwhile, and gives tables other first pages, which a salvage goes by.
 */
export async function snapshot(source: DatabaseSync, to: string): Promise<void> {
  // Made here, so that it is nobody else's to read from the beginning.
  writeFileSync(to, '', { mode: 0o600, flag: 'wx' })
  await backup(source, to, { rate: allAtOnce })
  const damage = findDamage(to)
  if (damage) throw new Error(`the data are damaged (${damage}): --salvage copies what can still be read`)
}

/**
 * Opens a database for a snapshot, and changes nothing of it.
 * @throws when it can't be read at all
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

/** What a database file that nobody writes to holds. */
export function contentsOf(path: string): {
  webhooks: number
  deadLetters: number
  chatMessages: number
  due: number
  objects: number
} {
  // Without this, SQLite would make a log beside the file.
  const file = new DatabaseSync(new URL(`${pathToFileURL(path)}?immutable=1`), { readOnly: true })
  const count = (query: string) => Number(file.prepare(`SELECT count(*) AS count FROM ${query}`).get()?.['count'])
  try {
    return {
      webhooks: count(`messages WHERE queue = 'events' AND body LIKE '%"kind":"updates"%'`),
      deadLetters: count(`messages WHERE queue = 'dead letters'`),
      // Records of objects stand beside those of chat messages, whose ids have no colon.
      chatMessages: count(`states WHERE message_id NOT LIKE 'object:%'`),
      objects: count(`states WHERE message_id LIKE 'object:%'`),
      due: count('states WHERE sweep_at IS NOT NULL'),
    }
  } finally {
    file.close()
  }
}
