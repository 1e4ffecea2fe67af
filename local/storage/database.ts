import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { atomicRename } from '../files/atomic-rename.ts'
import { sqliteCode, sqliteCodes } from './error-codes.ts'
import { assertNoSilentLoss } from './integrity.ts'

/** How many writes share one commit at most. */
const commitTogether = 500

/** How long a write waits for another process's; ms. Nothing else happens in this process meanwhile. */
const busyFor = 2_000

/** Each entry brings the file from the version of its index to the next. */
const migrations = [
  `CREATE TABLE messages (
     id INTEGER PRIMARY KEY,
     queue TEXT NOT NULL,
     body TEXT NOT NULL,
     reason TEXT,
     sent_at INTEGER NOT NULL,
     visible_at INTEGER NOT NULL,
     receives INTEGER NOT NULL DEFAULT 0,
     receipt TEXT,
     receiver TEXT
   );
   CREATE INDEX messages_visible ON messages (queue, visible_at);
   CREATE TABLE states (
     message_id TEXT PRIMARY KEY,
     body TEXT NOT NULL,
     version INTEGER NOT NULL,
     sweep_at INTEGER
   );
   CREATE INDEX states_due ON states (sweep_at) WHERE sweep_at IS NOT NULL;`,
  // A record that looks as if something of it were parked is found, and given its time when it is next saved.
  `ALTER TABLE states ADD COLUMN parked_at INTEGER;
   UPDATE states SET parked_at = 0 WHERE body LIKE '%"parked":{%';
   CREATE INDEX states_parked ON states (parked_at) WHERE parked_at IS NOT NULL;
   CREATE INDEX messages_in_hand ON messages (queue, receiver) WHERE receiver IS NOT NULL;`,
  `ALTER TABLE states ADD COLUMN linked_at INTEGER;
   ALTER TABLE states ADD COLUMN expires_at INTEGER;
   CREATE INDEX states_linked ON states (linked_at) WHERE linked_at IS NOT NULL;
   CREATE INDEX states_expiring ON states (expires_at) WHERE expires_at IS NOT NULL;`,
]

/** The one file that holds queue and message states. */
export type Database = {
  sqlite: DatabaseSync
  /**
   * Runs writes that are asked for at the same time in one transaction, and resolves each once it is on the disk: a commit
   * costs a sync of the disk, however much is in it.
   */
  write<T>(work: () => T): Promise<T>
  /** Tells how transactions end from now on. */
  watch(by: Watch): void
  close(): void
}

/** Learns of each transaction whether it reached the disk; those that changed nothing prove nothing. */
export type Watch = { failed(error: unknown): void; succeeded(): void }

/** Where a folder has its database. */
export function databasePath(folder: string): string {
  return join(folder, 'bridge.sqlite')
}

/**
 * Opens the database in `folder`, making both if they aren't there.
 * @throws when the folder can't be used, or the file was made by a newer version or would forget something
 */
export function openDatabase(folder: string): Database {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = databasePath(folder)
  assertNoSilentLoss(path)
  if (!existsSync(path)) make(path)
  const sqlite = openFile(path)

  type Work = { work: () => unknown; resolve: (value: never) => void; reject: (error: unknown) => void }
  let waiting: Work[] = []
  let watch: Watch = { failed() {}, succeeded() {} }
  const changes = sqlite.prepare('SELECT total_changes() AS total')
  const committed = <T>(work: () => T): T => {
    const before = changes.get()?.['total']
    try {
      const result = transaction(sqlite, work)
      if (changes.get()?.['total'] !== before) watch.succeeded()
      return result
    } catch (error) {
      // Other errors are the write's own fault.
      if (sqliteCode(error) !== sqliteCodes.constraint) watch.failed(error)
      throw error
    }
  }
  const commit = () => {
    const together = waiting.splice(0, commitTogether)
    if (waiting.length > 0) setImmediate(commit)
    try {
      const results = committed(() => together.map(({ work }) => work()))
      for (const [index, { resolve }] of together.entries()) resolve(results[index] as never)
    } catch (error) {
      // One write that fails must not fail those that happened to come at the same time.
      const isNobodysFault = together.length === 1 || isBusy(error)
      for (const each of together) {
        if (isNobodysFault) each.reject(error)
        else alone(each)
      }
    }
  }
  const alone = ({ work, resolve, reject }: Work) => {
    try {
      resolve(committed(work) as never)
    } catch (error) {
      reject(error)
    }
  }
  return {
    sqlite,
    write: (work) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commit)
        waiting.push({ work, resolve, reject })
      }),
    watch(by) {
      watch = by
    },
    close() {
      const unwritten = waiting
      waiting = []
      for (const { reject } of unwritten) reject(new Error('the database was closed'))
      sqlite.close()
    },
  }
}

/** SQLITE_BUSY, https://sqlite.org/rescode.html#busy */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === sqliteCodes.busy
}

/** Makes an empty database elsewhere first: a file of that name that is empty has lost what it held. */
function make(path: string): void {
  const fresh = `${path}.${process.pid}.new`
  try {
    openFile(fresh).close()
    atomicRename(fresh, path)
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${fresh}${end}`, { force: true })
  }
}

/** Opens a file of any name, making it if it isn't there, and brings it to the newest format. */
export function openFile(path: string): DatabaseSync {
  const sqlite = new DatabaseSync(path, { timeout: busyFor })
  try {
    // What is deleted is overwritten: it is other people's talk.
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON')
    migrate(sqlite)
    return sqlite
  } catch (error) {
    sqlite.close()
    throw error
  }
}

function transaction<T>(sqlite: DatabaseSync, work: () => T): T {
  sqlite.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    sqlite.exec('COMMIT')
    return result
  } catch (error) {
    // A full or failing disk makes SQLite roll back by itself; and what it says to that would hide the reason.
    try {
      if (sqlite.isTransaction) sqlite.exec('ROLLBACK')
    } catch {}
    throw error
  }
}

function migrate(sqlite: DatabaseSync): void {
  // A file that needs nothing is opened without a write, which a full disk would refuse.
  if (versionOf(sqlite) === migrations.length) return
  transaction(sqlite, () => {
    const version = versionOf(sqlite)
    if (version > migrations.length) {
      throw new Error(`bridge.sqlite was written by a newer version of chatroom-bridge (format ${version})`)
    }
    for (const step of migrations.slice(version)) sqlite.exec(step)
    sqlite.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

function versionOf(sqlite: DatabaseSync): number {
  return (sqlite.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
}
