import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { lock } from '../../local/files/process-lock.ts'
import { alreadyExists, contentsOf, openSource, snapshot, writeBeside } from '../../local/storage/backup.ts'
import { databasePath } from '../../local/storage/database.ts'
import { assertIntact, assertNoSilentLoss } from '../../local/storage/integrity.ts'
import { type Salvaged, salvage } from '../../local/storage/salvage.ts'

/** A copy of the data, and what it holds. */
export type Backup = { file: string; bytes: number } & ReturnType<typeof contentsOf>

/**
 * Copies the data of a folder while the bridge may be running: the state of one moment, checked, readable by its owner alone.
 * @throws where it cannot be made; there is no new file then
 */
export async function backUp(folder: string, file: string, replace: boolean): Promise<Backup> {
  const database = databasePath(folder)
  checkTarget(database, file, replace)
  assertNoSilentLoss(database)
  if (!existsSync(database)) throw nothingIn(folder)
  const source = openSource(database)
  try {
    const contents = await writeBeside(file, replace, async (part) => {
      await snapshot(source, part)
      return contentsOf(part)
    })
    return { file, bytes: statSync(file).size, ...contents }
  } finally {
    source.close()
  }
}

/**
 * Copies what can be read of a damaged database; the bridge must not run.
 * @throws where nothing can be read, or the file cannot be made
 */
export async function salvageBackup(
  folder: string,
  file: string,
  replace: boolean,
): Promise<Backup & { salvaged: { messages: Salvaged; states: Salvaged } }> {
  const database = databasePath(folder)
  checkTarget(database, file, replace)
  const unlock = lock(folder)
  try {
    if (!existsSync(database) && !existsSync(`${database}-wal`)) throw nothingIn(folder)
    const salvaged = await writeBeside(file, replace, async (part) => {
      const found = salvage(database, part)
      const isAny = Object.values(found).some(({ saved, lost, mayBeMore }) => saved > 0 || (lost === 0 && !mayBeMore))
      if (!isAny) throw new Error(`nothing in ${database} can be read: restore a backup (backup --restore FILE)`)
      return found
    })
    return { file, bytes: statSync(file).size, ...contentsOf(file), salvaged }
  } finally {
    unlock()
  }
}

/**
 * Puts a backup in the place of a folder's database; the bridge must not run. The database that was there is moved aside with
 * its log.
 * @returns what the backup holds, and the folder of the moved files, if there were any
 * @throws where the backup is damaged or none, or the bridge runs; nothing is changed then
 */
export async function restoreBackup(folder: string, file: string): Promise<Backup & { movedTo?: string }> {
  const database = databasePath(folder)
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new Error(`there is no backup ${file}`)
  assertIntact(file)
  openSource(file).close()
  const unlock = lock(folder)
  try {
    const aside = join(folder, `before-restore-${new Date().toISOString().replaceAll(':', '-')}`)
    const old = ['', '-wal', '-shm'].map((end) => database + end).filter((path) => existsSync(path))
    if (old.length > 0) mkdirSync(aside, { mode: 0o700 })
    await writeBeside(`${database}.restored`, true, (part) => copyFile(file, part))
    // The log goes first: without it the old database is still whole, but the new one must never meet it.
    for (const path of old.toReversed()) renameSync(path, join(aside, basename(path)))
    renameSync(`${database}.restored`, database)
    const restored = { file, bytes: statSync(database).size, ...contentsOf(database) }
    return { ...restored, ...(old.length > 0 && { movedTo: aside }) }
  } finally {
    unlock()
  }
}

function checkTarget(database: string, file: string, replace: boolean): void {
  if (resolve(file).startsWith(resolve(database))) throw new Error(`${file} is the database itself: give another name`)
  if (existsSync(file) && (!replace || statSync(file).isDirectory())) throw new Error(alreadyExists(file))
}

function nothingIn(folder: string): Error {
  return new Error(`${folder} holds no data yet: give the data folder (--data), or run npm start first`)
}
