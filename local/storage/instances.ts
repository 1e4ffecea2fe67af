import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isBusy } from './database.ts'

/** A lock that nobody holds may be one that is just being taken, while it is this young; ms. */
const justMade = 60_000

/** The processes that share a folder's data. */
export type Instances = {
  /** Names this process, in leases that it takes and in queue messages that it has in its hands. */
  own: string
  /** Whether the process of that name has ended, however it did. */
  isDead(instance: string): boolean
  leave(): void
}

/**
 * Joins the processes that share a folder's data: each holds a lock on a file of its own, which the operating system gives
 * back when the process ends.
 */
export function joinInstances(folder: string): Instances {
  const home = join(folder, 'instances')
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const own = randomUUID()
  const path = (instance: string) => join(home, instance)
  const lock = new DatabaseSync(path(own))
  // A journal in a file would stay behind a kill -9.
  lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')

  const gone = new Set<string>()
  const isDead = (instance: string) => {
    if (instance === own) return false
    if (!gone.has(instance) && !isHeld(path(instance))) gone.add(instance)
    return gone.has(instance)
  }
  for (const other of readdirSync(home)) {
    if (!isOld(path(other)) || !isDead(other)) continue
    rmSync(path(other), { force: true })
  }
  return {
    own,
    isDead,
    leave() {
      lock.close()
      rmSync(path(own), { force: true })
    },
  }
}

function isOld(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Number.POSITIVE_INFINITY }
  return mtimeMs < Date.now() - justMade
}

/** Reading takes a shared lock, which others who look at the same time have too, and an exclusive one keeps away. */
function isHeld(path: string): boolean {
  if (!existsSync(path)) return false
  let file: DatabaseSync | undefined
  try {
    file = new DatabaseSync(path, { readOnly: true, timeout: 0 })
    file.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    if (!existsSync(path)) return false
    throw error
  } finally {
    file?.close()
  }
}
