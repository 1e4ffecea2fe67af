import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes JSON that only its owner may read: beside it, then renamed, so that a crash leaves the old file or the new one. */
export function writePrivate(path: string, json: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.${process.pid}.new`
  try {
    writeFileSync(next, `${JSON.stringify(json, null, 2)}\n`, { mode: 0o600, flush: true })
    renameSync(next, path)
  } finally {
    rmSync(next, { force: true })
  }
}

/** What changes with each write of a file; undefined where there is none. */
export function stampOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.mtimeMs}/${found.size}/${found.ino}`
}
