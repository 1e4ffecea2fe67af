import type { MessageStates, StoredState } from '../functions/core/ports.ts'
import type { Database } from './database.ts'

/** The records of chat messages and objects in SQLite. */
export function createSqliteMessageStates({ sqlite, write }: Database): MessageStates {
  const select = sqlite.prepare('SELECT body, version FROM states WHERE message_id = ?')
  const insert = sqlite.prepare(
    `INSERT INTO states (message_id, body, version, sweep_at, parked_at, linked_at, expires_at)
     VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  )
  const update = sqlite.prepare(
    `UPDATE states SET body = ?, version = version + 1, sweep_at = ?, parked_at = ?, linked_at = ?, expires_at = ?
     WHERE message_id = ? AND version = ?`,
  )
  const due = sqlite.prepare(
    'SELECT message_id AS messageId, sweep_at AS sweepAt FROM states WHERE sweep_at < ? ORDER BY sweep_at LIMIT ?',
  )
  const parked = sqlite.prepare(
    `SELECT message_id AS messageId, parked_at AS parkedAt FROM states WHERE parked_at IS NOT NULL
     ORDER BY parked_at LIMIT ?`,
  )
  const linked = sqlite.prepare(
    `SELECT message_id AS key, linked_at AS linkedAt FROM states WHERE linked_at IS NOT NULL
     ORDER BY linked_at LIMIT ?`,
  )
  const expired = sqlite.prepare('DELETE FROM states WHERE expires_at < ?')
  return {
    async load(messageId) {
      return select.get(messageId) as StoredState | undefined
    },
    async save(messageId, { body, sweepAt = null, parkedAt = null, linkedAt = null, expiresAt = null }, loaded) {
      const times = [sweepAt, parkedAt, linkedAt, expiresAt]
      const { changes } = await write(() =>
        loaded === undefined ? insert.run(messageId, body, ...times) : update.run(body, ...times, messageId, loaded),
      )
      return changes === 0 ? undefined : (loaded ?? 0) + 1
    },
    async due(before, limit) {
      return due.all(before, limit) as { messageId: string; sweepAt: number }[]
    },
    async parked(limit) {
      return parked.all(limit) as { messageId: string; parkedAt: number }[]
    },
    async linked(limit) {
      return linked.all(limit) as { key: string; linkedAt: number }[]
    },
    async expire(before) {
      await write(() => expired.run(before))
    },
  }
}
