import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type * as z from 'zod'

/**
 * The JSON of a file that only its owner may read.
 * @param command of `npx chatroom-bridge secrets`: what writes the file anew
 * @throws when it isn't readable or isn't what was written here; the message never repeats what stands in it
 */
export function readPrivate<T>(path: string, schema: z.ZodType<T>, command: string): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const isUnreadable = error instanceof Error && 'code' in error && typeof error.code === 'string'
    const why = isUnreadable ? String(error.code) : 'expected the JSON that was written here'
    throw new Error(
      `${path} can't be read (${why}): mend it, or remove it and run npx chatroom-bridge secrets ${command} SOURCE`,
    )
  }
}

/** Writes such a file beside itself and renames it, so that a crash leaves the old one or the new one. */
export function writePrivate(path: string, content: object): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.${process.pid}.new`
  try {
    writeFileSync(next, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true })
    renameSync(next, path)
  } finally {
    rmSync(next, { force: true })
  }
}

/** What changes with each write of a file; undefined where there is none. */
export function fileVersion(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.mtimeMs}/${found.size}/${found.ino}`
}
