import type { Clock, MessageStates } from '../../functions/ports/ports.ts'
import { type Database, openDatabase } from './database.ts'
import { joinInstances } from './instances.ts'
import { createSqliteQueue, type SqliteQueue, type WaitingMessages } from './queue.ts'
import { createSqliteMessageStates } from './states.ts'

/** What a folder holds, for one of the processes that share it: the bridge, more workers, the operator's commands. */
export type Data = {
  database: Database
  queue: SqliteQueue & WaitingMessages
  deadLetters: SqliteQueue
  states: MessageStates
  /** Names this process. */
  instance: string
  /** Whether another process has ended. */
  isGone(instance: string): boolean
  /** Makes visible at once what ended processes had in their hands. */
  releaseGone(): Promise<void>
  close(): void
}

/**
 * Opens the data in a folder, making them if they aren't there.
 * @throws when the folder can't be used, or the data are damaged or of a newer version
 */
export function openData(folder: string, clock: Clock = Date.now): Data {
  const database = openDatabase(folder)
  const { own: instance, isGone, leave } = joinInstances(folder)
  const common = { clock, receiver: instance }
  const queue = createSqliteQueue(database, { ...common, name: 'events', deadLetters: 'dead letters' })
  const deadLetters = createSqliteQueue(database, { ...common, name: 'dead letters' })
  return {
    database,
    queue,
    deadLetters,
    states: createSqliteMessageStates(database),
    instance,
    isGone,
    async releaseGone() {
      await queue.releaseGone(isGone)
      await deadLetters.releaseGone(isGone)
    },
    close() {
      database.close()
      leave()
    },
  }
}
