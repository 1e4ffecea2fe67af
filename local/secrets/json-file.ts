import type * as z from 'zod'
import type { JsonDocument } from '../../functions/secrets/json-document.ts'
import { withFileLock } from '../files/file-lock.ts'
import { fileVersion, readPrivate, writePrivate } from '../files/private-file.ts'

/** A JSON value of this machine. `write` does nothing where the value is the same. */
export type JsonFile<T> = { read(): T; write(value: T): void }

/**
 * A JSON file that only its owner may read; parsed again when it has changed. A file that does not exist reads as {}.
 * @param options.command of `npx chatroom-bridge secrets`: writes the file anew
 * @param options.mayVanish whether it reads as {} too when it existed before
 * @throws when it isn't readable, or isn't what was written here; the message never repeats its content
 */
export function jsonFile<T extends object>(
  path: string,
  schema: z.ZodType<T>,
  { command, mayVanish }: { command: string; mayVanish: boolean },
): JsonFile<T> {
  let known: { version: string; value: T } | undefined
  function read(): T {
    const version = fileVersion(path)
    if (version === undefined) {
      // A running bridge has lost its disk: senders shall try again later instead of being refused.
      if (known && !mayVanish) throw new Error(`${path} is gone: bring it back, or start again`)
      return schema.parse({})
    }
    if (known?.version !== version) known = { version, value: readPrivate(path, schema, command) }
    return known.value
  }
  return {
    read,
    write(value) {
      if (JSON.stringify(value) !== JSON.stringify(read())) writePrivate(path, value)
    },
  }
}

/** Lets one process at a time edit what stands beside a lock file. */
export function lockedDocument<T>(lockFile: string, { read, write }: JsonFile<T>): JsonDocument<T> {
  return {
    read: async () => read(),
    edit: async (change) =>
      withFileLock(lockFile, () => {
        const { changed, result } = change(read())
        if (changed) write(changed)
        return result
      }),
  }
}
