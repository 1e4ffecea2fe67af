import { readFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { openFile } from './database.ts'
import { leafRows } from './leaf-rows.ts'
import { pageSize } from './wal-check.ts'
import { overlay } from './wal-overlay.ts'

/** How many rows of a kind were saved, and how many are known not to have been. */
export type Salvaged = { saved: number; lost: number; mayBeMore: boolean }

type Row = Record<string, unknown>
/** A table, an index that names every row of it, and how a row is taken over. */
type Table = {
  name: string
  columns: string[]
  index: string
  /** The index's first column. */
  first: string
  isWhole: (row: Row) => boolean
  insert: string
  values: (row: Row) => unknown[]
}

const isNumber = (value: unknown) => typeof value === 'number'
const isText = (value: unknown) => typeof value === 'string'

const tables: Record<'messages' | 'states', Table> = {
  messages: {
    name: 'messages',
    columns: ['id', 'queue', 'body', 'reason', 'sent_at', 'visible_at', 'receives', 'receipt', 'receiver'],
    index: 'messages_visible',
    first: 'queue',
    isWhole: (row) =>
      ['events', 'dead letters'].includes(String(row['queue'])) &&
      isText(row['body']) &&
      [row['sent_at'], row['visible_at'], row['receives']].every(isNumber),
    insert:
      'INSERT OR IGNORE INTO messages (id, queue, body, reason, sent_at, visible_at, receives) VALUES (?, ?, ?, ?, ?, ?, ?)',
    // What somebody had in hand is there for the next one.
    values: ({ id, queue, body, reason, sent_at, visible_at, receives, receiver }) => [
      id,
      queue,
      body,
      isText(reason) ? reason : null,
      sent_at,
      isText(receiver) ? 0 : visible_at,
      receives,
    ],
  },
  states: {
    name: 'states',
    columns: ['message_id', 'body', 'version', 'sweep_at', 'parked_at', 'linked_at', 'expires_at'],
    index: 'sqlite_autoindex_states_1',
    first: 'message_id',
    isWhole: (row) => isText(row['message_id']) && isText(row['body']) && isNumber(row['version']),
    // Of two rows of one chat message, which a damaged tree may show, the newer.
    insert: `INSERT INTO states (message_id, body, version, sweep_at, parked_at, linked_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, version = excluded.version,
               sweep_at = excluded.sweep_at, parked_at = excluded.parked_at, linked_at = excluded.linked_at,
               expires_at = excluded.expires_at WHERE excluded.version > states.version`,
    // A record of a format without the column is listed until it is next saved, as after a migration.
    values: ({ message_id, body, version, sweep_at, parked_at, linked_at, expires_at }) => [
      message_id,
      body,
      version,
      isNumber(sweep_at) ? sweep_at : null,
      isNumber(parked_at) ? parked_at : String(body).includes('"parked":{') ? 0 : null,
      isNumber(linked_at) ? linked_at : null,
      isNumber(expires_at) ? expires_at : null,
    ],
  },
}

/**
 * Copies every row of a damaged database that can still be read into a new one. Changes nothing of the damaged one; nobody
 * else may be writing to it.
 * @param to must not be there yet; needs room for a copy beside it meanwhile
 */
export function salvage(path: string, to: string): { messages: Salvaged; states: Salvaged } {
  const scratch = `${to}.scratch`
  try {
    const target = openFile(to)
    try {
      target.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      const source = openScratch(path, scratch, readFileSync(to).subarray(0, pageSize))
      try {
        target.exec('BEGIN')
        const messages = copyRows(tables.messages, source, scratch, target)
        const states = copyRows(tables.states, source, scratch, target)
        target.exec('COMMIT')
        return { messages, states }
      } finally {
        source.close()
      }
    } finally {
      target.close()
    }
  } finally {
    rmSync(scratch, { force: true })
  }
}

/** Tables never change their first page, so that an empty database's first page finds those of any other. */
function openScratch(path: string, scratch: string, firstPage: Buffer): DatabaseSync {
  for (const replacement of [undefined, firstPage]) {
    overlay(path, scratch, replacement)
    const source = new DatabaseSync(scratch, { readOnly: true })
    try {
      for (const { name } of Object.values(tables)) source.prepare(`SELECT * FROM ${name} WHERE rowid = ?`)
      return source
    } catch (error) {
      source.close()
      if (replacement) throw error
    }
  }
  throw new Error('unreachable')
}

function copyRows(
  { name, columns, index, first, isWhole, insert, values }: Table,
  source: DatabaseSync,
  scratch: string,
  target: DatabaseSync,
): Salvaged {
  const named = new Set<number>()
  const read = ['ASC', 'DESC'].map((order) => {
    const query = `SELECT rowid AS id FROM ${name} INDEXED BY ${index} ORDER BY ${first} ${order}`
    return readWhilePossible(source, query, named)
  })
  const select = source.prepare(`SELECT * FROM ${name} WHERE rowid = ?`)
  const put = target.prepare(insert)
  const take = (id: number, row: Row) => {
    if (!isWhole(row)) return
    put.run(...(values({ ...row, id }) as (string | number | null)[]))
    named.delete(id)
  }

  const ids = new Set(named)
  for (const { id } of leafRows(scratch)) ids.add(id)
  const unreachable = new Set<number>()
  for (const id of ids) {
    try {
      const row = select.get(id)
      if (row) take(id, row)
    } catch {
      unreachable.add(id)
    }
  }
  // The tree doesn't lead there any more, or what is there is damaged.
  for (const { id, values: inPage } of unreachable.size > 0 ? leafRows(scratch) : []) {
    if (!unreachable.has(id)) continue
    try {
      take(id, Object.fromEntries(inPage().map((value, index) => [columns[index] ?? 'beyond', value])))
    } catch {}
  }
  const { saved } = target.prepare(`SELECT count(*) AS saved FROM ${name}`).get() ?? {}
  return { saved: Number(saved), lost: named.size, mayBeMore: read.includes(false) }
}

/** @returns whether it read all there is */
function readWhilePossible(source: DatabaseSync, query: string, ids: Set<number>): boolean {
  try {
    for (const { id } of source.prepare(query).iterate()) ids.add(Number(id))
    return true
  } catch {
    return false
  }
}
