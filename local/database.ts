import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

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
]

/** The one file that holds queue and message states. */
export type Database = {
  sqlite: DatabaseSync
  /**
   * Runs writes that are asked for at the same time in one transaction, and resolves each once it is on the disk: a commit
   * costs a sync of the disk, however much is in it.
   */
  write<T>(work: () => T): Promise<T>
  close(): void
}

/**
 * Opens the database in `folder`, making both if they aren't there.
 * @throws when the folder can't be used, or the file was made by a newer version
 */
export function openDatabase(folder: string): Database {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const sqlite = new DatabaseSync(join(folder, 'bridge.sqlite'), { timeout: busyFor })
  sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  migrate(sqlite)

  type Work = { work: () => unknown; resolve: (value: never) => void; reject: (error: unknown) => void }
  let waiting: Work[] = []
  const commit = () => {
    const together = waiting.splice(0, commitTogether)
    if (waiting.length > 0) setImmediate(commit)
    try {
      const results = transaction(sqlite, () => together.map(({ work }) => work()))
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
      resolve(transaction(sqlite, work) as never)
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
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

function transaction<T>(sqlite: DatabaseSync, work: () => T): T {
  sqlite.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    sqlite.exec('COMMIT')
    return result
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK')
    throw error
  }
}

function migrate(sqlite: DatabaseSync): void {
  transaction(sqlite, () => {
    const { user_version: version } = sqlite.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > migrations.length) {
      throw new Error(`bridge.sqlite was written by a newer version of chatroom-bridge (format ${version})`)
    }
    for (const step of migrations.slice(version)) sqlite.exec(step)
    sqlite.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}
