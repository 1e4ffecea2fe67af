import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Gives a file that was written whole its name, so that under that name there is always all of it or nothing, also after a
 * power cut.
 * @param options.replace whether it may take the place of another; only then is one lost
 * @returns whether it was done; false when there is one already
 */
export function atomicRename(written: string, path: string, { replace = false } = {}): boolean {
  if (!replace) {
    try {
      // Unlike a rename this fails when the name is taken.
      linkSync(written, path)
      rmSync(written)
      syncFolder(path)
      return true
    } catch {
      // Taken; or a file system without links, such as exFAT.
      if (existsSync(path)) return false
    }
  }
  renameSync(written, path)
  syncFolder(path)
  return true
}

function syncFolder(path: string): void {
  // Windows opens no folders, and keeps names safe by itself.
  if (process.platform === 'win32') return
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
