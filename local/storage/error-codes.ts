/** Primary result codes, https://sqlite.org/rescode.html */
export const sqliteCodes = {
  permission: 3,
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  constraint: 19,
  notADatabase: 26,
} as const

/** The primary result code of an error that SQLite gave; undefined for any other. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  // The upper bits tell variants, such as which call on a file failed.
  return error.errcode & 0xff
}

/** Whether a write that failed so may succeed later without anybody mending the file: room, rights and disks come back. */
export function isTransient(error: unknown): boolean {
  const { busy, readOnly, io, full, cantOpen } = sqliteCodes
  const code = sqliteCode(error)
  return code !== undefined && ([busy, readOnly, io, full, cantOpen] as number[]).includes(code)
}

/** Whether the file is not what SQLite wrote. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === sqliteCodes.corrupt || code === sqliteCodes.notADatabase
}
