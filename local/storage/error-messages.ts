import { sqliteCode, sqliteCodes } from './error-codes.ts'
import { damageAdvice } from './integrity.ts'

/** What an error of SQLite's means for the data in DATA_DIR, and what to do. */
export function sqliteErrorMessage(error: Error): string {
  const said = error.message
  switch (sqliteCode(error)) {
    case sqliteCodes.full:
      return 'the disk that DATA_DIR is on is full: make room on it'
    case sqliteCodes.io:
      return `the disk that DATA_DIR is on can't be read or written (${said}): look at it, at its quota and at limits of file size`
    case sqliteCodes.readOnly:
    case sqliteCodes.permission:
      return `the data in DATA_DIR can't be written (${said}): give this user the right to, or mount the disk for writing`
    case sqliteCodes.cantOpen:
      return `a file in DATA_DIR can't be opened or made (${said}): set DATA_DIR to a folder that this user can write to`
    case sqliteCodes.corrupt:
    case sqliteCodes.notADatabase:
      return `the data in DATA_DIR are damaged (${said}): ${damageAdvice}`
    case sqliteCodes.busy:
      return `another process keeps the data in DATA_DIR busy (${said}): end what holds them, or try again`
    default:
      return `the data in DATA_DIR can't be used (${said})`
  }
}
