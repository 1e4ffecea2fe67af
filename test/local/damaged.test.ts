import { copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorMessage } from '../../local/error-messages.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { salvage } from '../../local/storage/salvage.ts'
import { openStorage } from '../../local/storage/storage.ts'
import { startBridgeHere } from '../support/bridge-here.ts'
import { run } from '../support/bridge-process.ts'
import { crashedFolder, fingerprint, overwrite, pageSize } from '../support/damage.ts'
import { chatMessage } from '../support/delivery.ts'
import { temporaryFolder } from '../support/folder.ts'
import { post, until } from '../support/post.ts'

const webhooks = 150
const log = { inLog: true, together: 10 }
const inFile = { file: 'bridge.sqlite', made: {} }
const inLog = { file: 'bridge.sqlite-wal', made: log }

const damages = [
  { what: 'garbage for a header', ...inFile, atLeast: 150, harm: (path: string) => overwrite(path, 0, 100) },
  { what: 'a first page that is gone', ...inFile, atLeast: 150, harm: (path: string) => overwrite(path, 0, pageSize) },
  { what: 'a root that is gone', ...inFile, atLeast: 150, harm: (path: string) => overwrite(path, pageSize, pageSize) },
  {
    what: 'neither a root nor an index',
    ...inFile,
    atLeast: 150,
    harm: (path: string) => overwrite(path, pageSize, 2 * pageSize),
  },
  {
    what: 'garbage in the middle',
    ...inFile,
    atLeast: 140,
    harm: (path: string) => overwrite(path, 20 * pageSize, 3 * pageSize),
  },
  {
    what: 'an end that is cut off',
    ...inFile,
    atLeast: 80,
    harm: (path: string) => truncateSync(path, 40 * pageSize + 7),
  },
  { what: 'garbage in the log', ...inLog, atLeast: 150, harm: (path: string) => overwrite(path, 100_000, 50) },
  { what: 'garbage for the log’s header', ...inLog, atLeast: 150, harm: (path: string) => overwrite(path, 0, 32) },
  {
    what: 'nothing left of it but a log',
    file: 'bridge.sqlite',
    made: log,
    atLeast: 150,
    harm: (path: string) => truncateSync(path, 0),
  },
  {
    what: 'nothing there but a log',
    file: 'bridge.sqlite',
    made: log,
    atLeast: 150,
    harm: (path: string) => rmSync(path),
  },
]

/** Ids of the chat messages that a folder's queue has something for. */
async function queued(folder: string): Promise<Set<string>> {
  const data = openStorage(folder)
  const received = await data.queue.receive({ max: 1_000, visibility: 1 })
  data.close()
  return new Set(
    received.flatMap(({ body }) => JSON.parse(body).updates.map((one: { messageId: string }) => one.messageId)),
  )
}

describe.each(damages)('a file with $what', ({ file, made, harm, atLeast }) => {
  it('is refused at the start in one line, and left as it is; what can be read of it is saved', async () => {
    const folder = await crashedFolder(webhooks, made)
    harm(join(folder, file))
    const before = fingerprint(folder)
    const refused = await startBridgeHere(folder, { url: 'http://127.0.0.1:1' }).catch(errorMessage)
    expect(refused).toMatch(
      /^\S+bridge\.sqlite is damaged \([^\n]+\), and was left as it is: .*npx chatroom-bridge backup FILE --salvage$/,
    )
    expect(fingerprint(folder)).toEqual(before)

    const rescued = temporaryFolder()
    const { messages } = salvage(join(folder, 'bridge.sqlite'), join(rescued, 'bridge.sqlite'))
    expect(fingerprint(folder)).toEqual(before)
    expect((await queued(rescued)).size).toBe(messages.saved)
    expect(messages.saved).toBeGreaterThanOrEqual(atLeast)
    if (!messages.mayBeMore) expect(messages.saved + messages.lost).toBe(webhooks)
  })
})

describe('what looks like damage and is none', () => {
  it('is a last commit that a power cut left half written', async () => {
    const folder = await crashedFolder(webhooks, log)
    const path = join(folder, 'bridge.sqlite-wal')
    const whole = fingerprint(folder)[1] ?? ''
    truncateSync(path, Number(whole.split(' ')[0]) - 2_000)
    expect((await queued(folder)).size).toBeGreaterThanOrEqual(webhooks - log.together)
  })

  it('is a log that began anew over an older one', async () => {
    const folder = temporaryFolder()
    const data = openStorage(folder)
    for (let index = 0; index < 20; index += 1) await data.queue.send('x'.repeat(10_000))
    data.database.sqlite.exec('PRAGMA wal_checkpoint(RESTART)')
    for (let index = 0; index < 3; index += 1) await data.queue.send('new')
    const other = openStorage(folder)
    expect(await other.queue.receive({ max: 100, visibility: 1 })).toHaveLength(23)
    other.close()
    data.close()
  })
})

describe('npx chatroom-bridge backup FILE --salvage', () => {
  it('saves what a bridge then delivers, and tells how much was lost', async () => {
    const DATA_DIR = await crashedFolder(webhooks)
    const database = join(DATA_DIR, 'bridge.sqlite')
    for (const page of [0, 20, 30, 55]) overwrite(database, page * pageSize, pageSize)
    const saved = join(temporaryFolder(), 'saved.sqlite')
    const { code, stdout } = await run(['bin/chatroom-bridge.ts', 'backup', saved, '--salvage'], { DATA_DIR })
    const [, rows, lost] = /Saved of the queue: (\d+) rows; (\d+)(?: or more)? could not be read/.exec(stdout) ?? []
    expect(code).toBe(0)
    expect(Number(rows)).toBeGreaterThan(100)
    expect(Number(lost)).toBeGreaterThan(0)

    const messages = Array.from({ length: webhooks }, (_, index) => chatMessage({ id: index + 1 }))
    const erp = await startSimulatedErp({ messages, token: 'token' })
    onTestFinished(() => erp.stop())
    const folder = temporaryFolder()
    copyFileSync(saved, join(folder, 'bridge.sqlite'))
    await startBridgeHere(folder, erp)
    const completed = () => messages.filter(({ id }) => erp.message(id)?.completed).length
    await until(() => completed() === Number(rows), 'every webhook that was saved')
  })
})

describe('a file that gets damaged under a bridge', () => {
  it('makes senders wait, and the log say what to do', async () => {
    const folder = temporaryFolder()
    const { url, log: lines, pragma } = await startBridgeHere(folder, { url: 'http://127.0.0.1:1' })
    expect((await post(url, { id: '1', type: 'done', messageId: 1 })).status).toBe(202)
    pragma('cache_size = 0')
    pragma('wal_checkpoint(TRUNCATE)')
    overwrite(join(folder, 'bridge.sqlite'), pageSize, 3 * pageSize)
    expect((await post(url, { id: '2', type: 'done', messageId: 2 })).status).toBe(503)
    expect(lines.join('\n')).toMatch(
      /"can not store" why="the data in DATA_DIR are damaged \(.*npx chatroom-bridge backup FILE --salvage"/,
    )
  })
})

describe('what else may be wrong with DATA_DIR', () => {
  it('is said in one line that tells what to do', async () => {
    const cases: [(folder: string) => void, RegExp][] = [
      [(folder) => mkdirSync(join(folder, 'bridge.sqlite')), /bridge\.sqlite is a folder: put it elsewhere/],
      [(folder) => mkdirSync(join(folder, 'lock.sqlite')), /a file in DATA_DIR can't be opened .*set DATA_DIR/],
      [
        (folder) => writeFileSync(join(folder, 'lock.sqlite'), 'x'.repeat(5_000)),
        /lock\.sqlite in .* is damaged: remove it/,
      ],
      [(folder) => writeFileSync(join(folder, 'instances'), ''), /instances is no folder/],
      [(folder) => mkdirSync(join(folder, 'secrets.json')), /secrets\.json can't be read \(EISDIR\): mend it/],
      [(folder) => mkdirSync(join(folder, 'simulated-erp.json')), /simulated-erp\.json can't be read \(EISDIR\)/],
      [
        (folder) => writeFileSync(join(folder, 'simulated-erp.json'), '[{'),
        /simulated-erp\.json can't be read \(.*mend it/,
      ],
    ]
    for (const [spoil, line] of cases) {
      const DATA_DIR = temporaryFolder()
      spoil(DATA_DIR)
      const { code, stdout, stderr } = await run(['bin/chatroom-bridge.ts', 'start'], {
        DATA_DIR,
        PORT: '0',
        ERP_PORT: '0',
      })
      expect(stderr.trimEnd()).toMatch(line)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect([code, stdout]).toEqual([1, ''])
    }
  })
})
