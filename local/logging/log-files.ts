import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../functions/ports/ports.ts'

/** Bytes after which a file is followed by the next one, and how many files are kept. */
const fileBytes = 5 * 1024 * 1024
const filesKept = 5
/** Lines between two looks at how long the file is, which others write to as well. */
const lookEvery = 100
/** ms that a disk that takes no line is left alone. */
const restAfterFailure = 1_000

/**
 * Keeps a log's lines as JSON, with their times as epoch ms, in files of `DATA_DIR/log`, for `npx chatroom-bridge trace`: 25 MB at most. Several processes append to one
 * file; whoever finds it full goes on with the next number, which is the same for all. What can't be written is left out: a
 * log must hurt nothing.
 */
export function openLogFiles(folder: string): { log: Log; close(): void } {
  const home = folderOf(folder)
  let file: { descriptor: number; number: number } | undefined
  let lines = 0
  let isTorn = false
  let restUntil = 0

  const close = () => {
    if (file) closeSync(file.descriptor)
    file = undefined
  }
  /** The file to write to; the next one where it is full. */
  function current(): number {
    if (file && lines++ % lookEvery > 0) return file.descriptor
    let number = file?.number ?? numbersIn(home).at(-1) ?? 1
    for (;;) {
      if (file?.number !== number) {
        close()
        mkdirSync(home, { recursive: true, mode: 0o700 })
        file = { descriptor: openSync(pathOf(home, number), 'a', 0o600), number }
      }
      if (fstatSync(file.descriptor).size < fileBytes) return file.descriptor
      number += 1
      for (const old of numbersIn(home)) if (old <= number - filesKept) rmSync(pathOf(home, old), { force: true })
    }
  }

  return {
    log(message, fields) {
      if (Date.now() < restUntil) return
      try {
        const line = `${JSON.stringify({ at: Date.now(), message, ...fields })}\n`
        const bytes = Buffer.from(isTorn ? `\n${line}` : line)
        // One write: what several processes append at the same time does not mix.
        isTorn = writeSync(current(), bytes) < bytes.length
      } catch {
        isTorn = true
        restUntil = Date.now() + restAfterFailure
      }
    },
    close,
  }
}

/** The lines that are kept in a folder, oldest first. */
export function* keptLines(folder: string): Generator<string> {
  const home = folderOf(folder)
  for (const number of numbersIn(home)) yield* readFileSync(pathOf(home, number), 'utf8').split('\n')
}

function folderOf(folder: string): string {
  return join(folder, 'log')
}

function pathOf(home: string, number: number): string {
  return join(home, `${String(number).padStart(6, '0')}.jsonl`)
}

/** The numbers of the files that are there, ascending. */
function numbersIn(home: string): number[] {
  try {
    const names = readdirSync(home).flatMap((name) => /^(\d{6,})\.jsonl$/.exec(name)?.[1] ?? [])
    return names.map(Number).sort((one, other) => one - other)
  } catch {
    return []
  }
}
