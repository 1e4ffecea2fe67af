import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { keptLines, openLogFiles } from '../../local/logging/log-files.ts'
import { localLog } from '../../operator/trace/local-log.ts'
import { temporaryFolder } from '../support/folder.ts'

function open(folder: string) {
  const files = openLogFiles(folder)
  onTestFinished(files.close)
  return files
}

/** Makes a file of the log as long as one may become. */
function fill(folder: string, name: string): void {
  mkdirSync(join(folder, 'log'), { recursive: true })
  writeFileSync(join(folder, 'log', name), `${' '.repeat(5 * 1024 * 1024 - 1)}\n`)
}

it('keeps lines that only their owner can read, and finds those that hold a text, in order', async () => {
  const folder = temporaryFolder()
  const { log } = open(folder)
  log('webhook', { ids: ['a', 'b'], status: 202, ms: undefined })
  log('attempt', { messageId: '42', outcome: 'fulfilled' })
  const log2 = localLog(folder)
  expect(await log2.find({ texts: ['"b"', '"42"'], since: 0 })).toMatchObject([
    { message: 'webhook', ids: ['a', 'b'], status: 202 },
    { message: 'attempt', messageId: '42' },
  ])
  expect(await log2.find({ texts: ['"b"'], since: Date.now() + 1_000 })).toEqual([])
  expect(statSync(join(folder, 'log/000001.jsonl')).mode & 0o777).toBe(0o600)
})

it('takes lines of several processes into one file, and goes on in the next one with all of them once it is full', () => {
  const folder = temporaryFolder()
  const [one, other] = [open(folder), open(folder)]
  one.log('a', {})
  fill(folder, '000001.jsonl')
  // Each looks at the length of its file now and then.
  for (let index = 0; index < 150; index += 1) {
    one.log('one', { index })
    other.log('other', { index })
  }
  expect(readdirSync(join(folder, 'log')).sort()).toEqual(['000001.jsonl', '000002.jsonl'])
  const lines = [...keptLines(folder)].filter((line) => line.trim() !== '').map((line) => JSON.parse(line))
  expect(lines).toHaveLength(300)
  const last = readFileSync(join(folder, 'log/000002.jsonl'), 'utf8')
  for (const who of ['one', 'other']) expect(last).toContain(`"${who}","index":149`)
})

it('keeps five files', () => {
  const folder = temporaryFolder()
  for (const number of [3, 4, 5, 6, 7]) fill(folder, `00000${number}.jsonl`)
  open(folder).log('webhook', {})
  expect(readdirSync(join(folder, 'log')).sort()).toEqual([4, 5, 6, 7, 8].map((number) => `00000${number}.jsonl`))
})

it('hurts nothing where it can not write, and a line that is torn spoils no other', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'log'), 'no folder')
  const { log } = open(folder)
  log('webhook', { ids: ['a'] })
  log('webhook', { ids: ['a'] })
  const other = temporaryFolder()
  open(other).log('webhook', { ids: ['a'] })
  appendFileSync(join(other, 'log/000001.jsonl'), '{"at":1,"mess\n')
  open(other).log('webhook', { ids: ['b'] })
  const found = await localLog(other).find({ texts: ['"a"', '"b"', 'mess'], since: 0 })
  expect(found.map(({ ids }) => ids)).toEqual([['a'], ['b']])
  expect(await localLog(folder).find({ texts: ['a'], since: 0 })).toEqual([])
})
