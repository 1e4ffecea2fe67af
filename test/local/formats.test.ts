import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { emptyState, mergeWithinLimit } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { encode } from '../../functions/state/queue-message.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { openDatabase } from '../../local/storage/database.ts'
import { startBridgeHere } from '../support/bridge-here.ts'
import { chatMessage } from '../support/delivery.ts'
import { done, noon, update } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/post.ts'

/** What version 1 of the format was, as it was written then. */
const formatOne = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, reason TEXT, sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL, receives INTEGER NOT NULL DEFAULT 0, receipt TEXT, receiver TEXT
  );
  CREATE INDEX messages_visible ON messages (queue, visible_at);
  CREATE TABLE states (message_id TEXT PRIMARY KEY, body TEXT NOT NULL, version INTEGER NOT NULL, sweep_at INTEGER);
  CREATE INDEX states_due ON states (sweep_at) WHERE sweep_at IS NOT NULL;
  PRAGMA user_version = 1;`

/** A folder of format 1: chat messages 1 to 20 are to be completed by webhooks on the queue, 21 to 40 by what their records say. */
function folderOfFormatOne(): string {
  const folder = temporaryFolder()
  const file = new DatabaseSync(join(folder, 'bridge.sqlite'))
  file.exec(formatOne)
  const message = file.prepare(
    `INSERT INTO messages (queue, body, sent_at, visible_at, receiver) VALUES ('events', ?, ?, ?, ?)`,
  )
  const state = file.prepare('INSERT INTO states VALUES (?, ?, 1, ?)')
  for (let id = 1; id <= 20; id += 1) {
    const one = update(done, { messageId: String(id) })
    // Every other was in the hands of a process that is no more.
    const [visibleAt, receiver] = id % 2 ? [noon, null] : [Date.now() + 90_000, 'a process of then']
    message.run(encode({ version: 1, kind: 'updates', updates: [one] }), noon, visibleAt, receiver)
    const due = mergeWithinLimit(emptyState(), [update(done, { messageId: String(id + 20) })]).state
    const { body, sweepAt = null } = toRecord(due, noon)
    state.run(String(id + 20), body, sweepAt)
  }
  file.close()
  return folder
}

function versionOf(folder: string): unknown {
  const file = new DatabaseSync(join(folder, 'bridge.sqlite'))
  const { user_version: version } = file.prepare('PRAGMA user_version').get() ?? {}
  const { columns } = file.prepare(`SELECT count(*) AS columns FROM pragma_table_info('states')`).get() ?? {}
  file.close()
  return { version, columns }
}

async function expectAllDelivered(folder: string): Promise<void> {
  const messages = Array.from({ length: 40 }, (_, index) => chatMessage({ id: index + 1 }))
  const erp = await startSimulatedErp({ messages, token: 'token' })
  onTestFinished(() => erp.stop())
  await startBridgeHere(folder, erp)
  const isDone = () => messages.every(({ id }) => erp.message(id)?.completed)
  await until(isDone, 'everything that was queued or due')
}

describe('a file of format 1', () => {
  it('is brought to the newest, and all that it holds is delivered', async () => {
    const folder = folderOfFormatOne()
    await expectAllDelivered(folder)
    expect(versionOf(folder)).toEqual({ version: 3, columns: 7 })
  })

  it('is as it was after a kill -9 in the middle of that, and is then brought there', async () => {
    const folder = folderOfFormatOne()
    const program = `import { DatabaseSync } from 'node:sqlite'
      const { exec } = DatabaseSync.prototype
      DatabaseSync.prototype.exec = function (sql) {
        if (sql.startsWith('PRAGMA user_version')) process.kill(process.pid, 'SIGKILL')
        return exec.call(this, sql)
      }
      const { openDatabase } = await import('./local/storage/database.ts')
      openDatabase(process.argv[1])`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder])
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    expect(versionOf(folder)).toEqual({ version: 1, columns: 4 })
    await expectAllDelivered(folder)
  })

  it('of which something is parked lists it', () => {
    const folder = temporaryFolder()
    const file = new DatabaseSync(join(folder, 'bridge.sqlite'))
    file.exec(
      `${formatOne} INSERT INTO states VALUES ('1', '{"parked":{"reason":"age"}}', 1, NULL), ('2', '{}', 1, NULL)`,
    )
    file.close()
    const { sqlite, close } = openDatabase(folder)
    expect(sqlite.prepare('SELECT message_id FROM states WHERE parked_at IS NOT NULL').all()).toEqual([
      { message_id: '1' },
    ])
    close()
  })
})
