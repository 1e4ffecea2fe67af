import { randomInt } from 'node:crypto'
import type { MessageStates } from '../../functions/ports/ports.ts'
import type { StoredState } from '../../functions/state/stored-state.ts'
import type { Database } from './database.ts'

/** A record's first version is one of these; what a number can hold is far away. */
const firstVersions = 2 ** 47
/** Records in a page; each may have 350 KB. */
const pageSize = 100

/** The records of chat messages and objects in SQLite. */
export function createSqliteMessageStates({ sqlite, write }: Database): MessageStates {
  const select = sqlite.prepare('SELECT body, version FROM states WHERE message_id = ?')
  const insert = sqlite.prepare(
    `INSERT INTO states (message_id, body, version, sweep_at, parked_at, linked_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
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
  const remove = sqlite.prepare('DELETE FROM states WHERE message_id = ? AND version = ?')
  const keyed = sqlite.prepare(
    `SELECT message_id AS key, body, version FROM states
     WHERE message_id >= :prefix AND message_id > :after AND substr(message_id, 1, length(:prefix)) = :prefix
     ORDER BY message_id LIMIT :pageSize`,
  )
  return {
    async load(messageId) {
      return select.get(messageId) as StoredState | undefined
    },
    async save(messageId, { body, sweepAt = null, parkedAt = null, linkedAt = null, expiresAt = null }, loaded) {
      const times = [sweepAt, parkedAt, linkedAt, expiresAt]
      const version = loaded === undefined ? randomInt(firstVersions) : loaded + 1
      const { changes } = await write(() =>
        loaded === undefined
          ? insert.run(messageId, body, version, ...times)
          : update.run(body, ...times, messageId, loaded),
      )
      return changes === 0 ? undefined : version
    },
    async remove(messageId, loaded) {
      const { changes } = await write(() => remove.run(messageId, loaded))
      return changes > 0
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
    async *beginningWith(prefix) {
      let after = ''
      for (;;) {
        // A page at a time: whoever reads it may save in between.
        const page = keyed.all({ prefix, after, pageSize }) as (StoredState & { key: string })[]
        if (page.length === 0) return
        yield page
        after = page.at(-1)?.key ?? ''
      }
    },
    async expire(before) {
      await write(() => expired.run(before))
    },
  }
}
