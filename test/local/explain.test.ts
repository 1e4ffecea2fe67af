import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { errorMessage } from '../../local/error-messages.ts'
import { openStorage } from '../../local/storage/storage.ts'
import { temporaryFolder } from '../support/folder.ts'

/** What SQLite says when `work` is done on a database of one table. */
function errorOf(work: (file: DatabaseSync, path: string) => void): unknown {
  const path = join(temporaryFolder(), 'file.sqlite')
  const file = new DatabaseSync(path)
  onTestFinished(() => file.close())
  file.exec('CREATE TABLE rows (body TEXT)')
  return thrown(() => work(file, path))
}

function thrown(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing went wrong')
}

it('explains what SQLite says of the disk by what to do about it', () => {
  const insert = `INSERT INTO rows VALUES ('${'x'.repeat(10_000)}')`
  const cases: [(file: DatabaseSync, path: string) => void, RegExp][] = [
    [(file) => file.exec(`PRAGMA max_page_count = 2; ${insert}`), /is full: make room on it$/],
    [(file) => file.exec(`PRAGMA query_only = ON; ${insert}`), /can't be written .* right to, or mount the disk/],
    [(_, path) => new DatabaseSync(join(path, 'no folder')), /can't be opened or made .* set DATA_DIR/],
    [
      (file, path) => {
        file.exec('BEGIN EXCLUSIVE')
        new DatabaseSync(path, { timeout: 0 }).exec(insert)
      },
      /another process keeps the data in DATA_DIR busy .*: end what holds them/,
    ],
    [
      (_, path) => {
        writeFileSync(`${path}.other`, 'this is no database, but long enough to look for one'.repeat(10))
        new DatabaseSync(`${path}.other`).exec('PRAGMA user_version')
      },
      /are damaged .*npx chatroom-bridge backup FILE --salvage$/,
    ],
    [(file) => file.exec('SELECT * FROM absent'), /can't be used \(no such table: absent\)$/],
  ]
  for (const [work, line] of cases) expect(errorMessage(errorOf(work))).toMatch(line)
})

it('explains what the system says of files by their names', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  expect(errorMessage(thrown(() => openStorage(join(folder, 'file', 'data'))))).toMatch(
    /is no folder: set DATA_DIR to one/,
  )
  expect(errorMessage(thrown(() => readFileSync(join(folder, 'none'))))).toMatch(
    /none can't be made or found: set DATA_DIR/,
  )
  // Nobody may make a folder there, whoever they are.
  expect(errorMessage(thrown(() => mkdirSync('/proc/chatroom-bridge')))).toMatch(/\/proc\/chatroom-bridge can't be /)
})
