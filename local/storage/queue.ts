import { randomUUID } from 'node:crypto'
import type { Clock, Queue } from '../../functions/ports/ports.ts'
import type { Database } from './database.ts'

/** What is on a queue, for whoever looks through it. Of a message in a worker's hands nothing can be changed. */
export type WaitingMessages = {
  /** Every message, visible or not, page by page; `sentAt` is epoch ms. */
  waiting(): Iterable<{ id: number; body: string; sentAt: number; inHand: boolean }[]>
  /** Gives a message that nobody has in hand another body, or ends it. @returns whether it was there, as it was */
  replace(id: number, body: string, by: string | undefined): Promise<boolean>
}

/** A queue in SQLite, and what only this home can tell of it. */
export type SqliteQueue = Queue & {
  /** Calls back whenever something was sent from this process. */
  onSend(wake: () => void): void
  /** Counts the messages: those that can be received or are being processed, and those whose time has not come. */
  counts(): { waiting: number; delayed: number; oldestAt?: number }
  /** When the next message can be received (epoch ms); undefined when there is none. */
  nextVisibleAt(): number | undefined
  /** Makes visible at once what receivers that are gone had in their hands. */
  releaseOfDeadProcesses(isDead: (receiver: string) => boolean): Promise<void>
}

/** Messages in a page; each may have 1 MiB. */
const pageSize = 100

type Row = { id: number; receipt: string; body: string; receives: number; sent_at: number; reason: string | null }

/**
 * A queue by its name, with SQS's rules.
 * @param options.receiver names this process in what it receives
 * @param options.deadLetters the name of the queue that takes what was received `maxReceives` times
 */
export function createSqliteQueue(
  { sqlite, write }: Database,
  {
    name,
    clock,
    receiver,
    deadLetters,
    maxReceives = 10,
  }: { name: string; clock: Clock; receiver: string; deadLetters?: string; maxReceives?: number },
): SqliteQueue & WaitingMessages {
  const insert = sqlite.prepare(
    'INSERT INTO messages (queue, body, reason, sent_at, visible_at) VALUES (?, ?, ?, ?, ?)',
  )
  const bury = sqlite.prepare(
    `UPDATE messages SET queue = ?, visible_at = ?, reason = 'received too often', receives = 0, receipt = NULL, receiver = NULL
     WHERE id = ?`,
  )
  const take = sqlite.prepare(
    `UPDATE messages SET visible_at = ?, receives = receives + 1, receipt = ?, receiver = ?
     WHERE id IN (SELECT id FROM messages WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?)
     RETURNING id, receipt, body, receives, sent_at, reason`,
  )
  const drop = sqlite.prepare('DELETE FROM messages WHERE queue = ? AND id = ? AND receipt = ?')
  const giveBack = sqlite.prepare(
    'UPDATE messages SET visible_at = ?, receipt = NULL, receiver = NULL WHERE queue = ? AND id = ? AND receipt = ?',
  )
  const receivers = sqlite.prepare('SELECT DISTINCT receiver FROM messages WHERE queue = ? AND receiver IS NOT NULL')
  const giveBackAll = sqlite.prepare(
    'UPDATE messages SET visible_at = min(visible_at, ?), receipt = NULL, receiver = NULL WHERE queue = ? AND receiver = ?',
  )
  const next = sqlite.prepare('SELECT min(visible_at) AS at FROM messages WHERE queue = ?')
  const count = sqlite.prepare(
    `SELECT visible_at > ? AND receiver IS NULL AS isDelayed, count(*) AS count, min(sent_at) AS oldestAt FROM messages
     WHERE queue = ? GROUP BY isDelayed`,
  )
  const page = sqlite.prepare(
    `SELECT id, body, sent_at AS sentAt, receiver IS NOT NULL AS inHand FROM messages
     WHERE queue = ? AND id > ? ORDER BY id LIMIT ?`,
  )
  const isAsItWas = 'queue = :name AND id = :id AND body = :body AND receiver IS NULL'
  const change = sqlite.prepare(`UPDATE messages SET body = :by WHERE ${isAsItWas}`)
  const end = sqlite.prepare(`DELETE FROM messages WHERE ${isAsItWas}`)
  const listeners: (() => void)[] = []

  return {
    async send(body, { delay = 0, reason } = {}) {
      const now = clock()
      await write(() => insert.run(name, body, reason ?? null, now, now + delay))
      for (const wake of listeners) wake()
    },
    async receive({ max, visibility }) {
      const now = clock()
      const receipt = randomUUID()
      const rows = await write(() => {
        const taken: Row[] = []
        while (taken.length < max) {
          const some = take.all(now + visibility, receipt, receiver, name, now, max - taken.length) as Row[]
          if (some.length === 0) break
          for (const row of some) {
            if (deadLetters !== undefined && row.receives > maxReceives) bury.run(deadLetters, now, row.id)
            else taken.push(row)
          }
        }
        return taken
      })
      return rows.map(({ id, body, receives, sent_at, reason }) => ({
        // SQLite gives a row's number again to another one, and an operator may come back to an id much later.
        id: `${id}-${sent_at.toString(36)}`,
        receipt: `${id}/${receipt}`,
        body,
        receives,
        sentAt: sent_at,
        ...(reason !== null && { reason }),
      }))
    },
    async remove(receipt) {
      const [id = '', own = ''] = receipt.split('/')
      await write(() => drop.run(name, id, own))
    },
    async release(receipt, delay) {
      const [id = '', own = ''] = receipt.split('/')
      await write(() => giveBack.run(clock() + delay, name, id, own))
      for (const wake of listeners) wake()
    },
    *waiting() {
      let after = 0
      for (;;) {
        const rows = page.all(name, after, pageSize) as { id: number; body: string; sentAt: number; inHand: number }[]
        if (rows.length === 0) return
        yield rows.map((row) => ({ ...row, inHand: row.inHand === 1 }))
        after = rows.at(-1)?.id ?? 0
      }
    },
    async replace(id, body, by) {
      const { changes } = await write(() =>
        by === undefined ? end.run({ name, id, body }) : change.run({ name, id, body, by }),
      )
      return changes > 0
    },
    onSend(wake) {
      listeners.push(wake)
    },
    counts() {
      const rows = count.all(clock(), name) as { isDelayed: number; count: number; oldestAt: number }[]
      const of = (isDelayed: number) => rows.find((row) => row.isDelayed === isDelayed)
      const oldestAt = of(0)?.oldestAt
      return { waiting: of(0)?.count ?? 0, delayed: of(1)?.count ?? 0, ...(oldestAt !== undefined && { oldestAt }) }
    },
    nextVisibleAt() {
      return (next.get(name) as { at: number | null }).at ?? undefined
    },
    async releaseOfDeadProcesses(isDead) {
      const gone = (receivers.all(name) as { receiver: string }[]).filter(({ receiver: other }) => isDead(other))
      if (gone.length === 0) return
      const now = clock()
      await write(() => gone.map(({ receiver: other }) => giveBackAll.run(now, name, other)))
      for (const wake of listeners) wake()
    },
  }
}
