import type { Clock, MessageStates } from '../../functions/ports/ports.ts'
import { type Database, openDatabase } from './database.ts'
import { joinInstances } from './instances.ts'
import { createSqliteQueue, type SqliteQueue, type WaitingMessages } from './queue.ts'
import { createSqliteMessageStates } from './states.ts'

/** What a folder holds, for one of the processes that share it: the bridge, more workers, the operator's commands. */
export type Storage = {
  database: Database
  queue: SqliteQueue & WaitingMessages
  deadLetters: SqliteQueue
  states: MessageStates
  /** Names this process. */
  instance: string
  /** Whether another process has ended. */
  isDead(instance: string): boolean
  /** Makes visible at once what ended processes had in their hands. */
  releaseOfDeadProcesses(): Promise<void>
  close(): void
}

/**
 * Opens the data in a folder, making them if they aren't there.
 * @throws when the folder can't be used, or the data are damaged or of a newer version
 */
export function openStorage(folder: string, clock: Clock = Date.now): Storage {
  const database = openDatabase(folder)
  const { own: instance, isDead, leave } = joinInstances(folder)
  const common = { clock, receiver: instance }
  const queue = createSqliteQueue(database, { ...common, name: 'events', deadLetters: 'dead letters' })
  const deadLetters = createSqliteQueue(database, { ...common, name: 'dead letters' })
  return {
    database,
    queue,
    deadLetters,
    states: createSqliteMessageStates(database),
    instance,
    isDead,
    async releaseOfDeadProcesses() {
      await queue.releaseOfDeadProcesses(isDead)
      await deadLetters.releaseOfDeadProcesses(isDead)
    },
    close() {
      database.close()
      leave()
    },
  }
}
