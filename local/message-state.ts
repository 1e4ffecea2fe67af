import type { MessageStates, StoredState } from '../functions/core/ports.ts'
import type { Database } from './database.ts'

/** The records of chat messages in SQLite. */
export function createSqliteMessageStates({ sqlite, write }: Database): MessageStates {
  const select = sqlite.prepare('SELECT body, version FROM states WHERE message_id = ?')
  const insert = sqlite.prepare(
    'INSERT INTO states (message_id, body, version, sweep_at, parked_at) VALUES (?, ?, 1, ?, ?) ON CONFLICT DO NOTHING',
  )
  const update = sqlite.prepare(
    'UPDATE states SET body = ?, version = version + 1, sweep_at = ?, parked_at = ? WHERE message_id = ? AND version = ?',
  )
  const due = sqlite.prepare(
    'SELECT message_id AS messageId, sweep_at AS sweepAt FROM states WHERE sweep_at < ? ORDER BY sweep_at LIMIT ?',
  )
  const parked = sqlite.prepare(
    `SELECT message_id AS messageId, parked_at AS parkedAt FROM states WHERE parked_at IS NOT NULL
     ORDER BY parked_at LIMIT ?`,
  )
  return {
    async load(messageId) {
      return select.get(messageId) as StoredState | undefined
    },
    async save(messageId, { body, sweepAt = null, parkedAt = null }, loaded) {
      const { changes } = await write(() =>
        loaded === undefined
          ? insert.run(messageId, body, sweepAt, parkedAt)
          : update.run(body, sweepAt, parkedAt, messageId, loaded),
      )
      return changes === 0 ? undefined : (loaded ?? 0) + 1
    },
    async due(before, limit) {
      return due.all(before, limit) as { messageId: string; sweepAt: number }[]
    },
    async parked(limit) {
      return parked.all(limit) as { messageId: string; parkedAt: number }[]
    },
  }
}
