import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { readWalFile } from './integrity.ts'
import { isWalDamaged, pageSize, readWal } from './wal-check.ts'

/**
 * Writes a database and its log into one file, without SQLite: also commits behind a damaged place in the log, and with a
 * header that says what is there, so that SQLite reads as much of it as it can.
 * @param firstPage of an empty database of ours: what stands in for a first page that can't be read
 */
export function overlay(path: string, to: string, firstPage: Buffer | undefined): void {
  rmSync(to, { force: true })
  try {
    copyFileSync(path, to)
  } catch (error) {
    // It may be gone while its log is there.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const file = openSync(to, 'a+', 0o600)
  closeSync(file)
  const copy = openSync(to, 'r+')
  try {
    for (const { page, data } of committed(readWalFile(path))) writeSync(copy, data, 0, pageSize, (page - 1) * pageSize)
    const pages = Math.ceil(fstatSync(copy).size / pageSize)
    ftruncateSync(copy, pages * pageSize)
    if (firstPage) writeSync(copy, firstPage, 0, pageSize, 0)
    if (pages > 0) describe(copy, pages)
  } finally {
    closeSync(copy)
  }
}

/** The frames that a checkpoint would bring into the file, and those that it would have but for the damage. */
function committed(wal: Buffer) {
  const { frames, believed } = readWal(wal)
  const usable = isWalDamaged(wal) ? frames.filter(({ isWhole }) => isWhole) : frames.slice(0, believed)
  return usable.slice(0, usable.findLastIndex(({ pages }) => pages !== 0) + 1)
}

/** Makes the header (https://sqlite.org/fileformat2.html#the_database_header) tell the file's true size, and no log. */
function describe(file: number, pages: number): void {
  const header = Buffer.alloc(100)
  readSync(file, header, 0, header.length, 0)
  header.writeUInt8(1, 18)
  header.writeUInt8(1, 19)
  header.writeUInt32BE(pages, 28)
  // The size counts only where these two agree.
  header.copy(header, 92, 24, 28)
  writeSync(file, header, 0, header.length, 0)
}
