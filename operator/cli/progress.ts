import type { Clock } from '../../functions/ports/ports.ts'
import type { Terminal } from './terminal.ts'

/** Work that takes less than this shows no progress; ms. */
const patience = 1_000
/** ms between two looks: a line that is rewritten may move, lines of a log add up. */
const pauses = { rewritten: 100, added: 3_000 }

/** How far long work is. */
export type Progress = {
  /** One more is done. */
  step(): void
  /** The work is over: a line that was rewritten goes. */
  end(): void
}

/**
 * Tells on standard error how far work is that takes longer than a second: in one line that is rewritten on a terminal, by a
 * line every few seconds anywhere else.
 * @param of how many there are, where that is known
 */
export function startProgress(
  { stderr }: Pick<Terminal, 'stderr'>,
  what: string,
  { of, clock = Date.now }: { of?: number; clock?: Clock } = {},
): Progress {
  const begin = clock()
  let last = begin
  let done = 0
  let isShown = false
  return {
    step() {
      done += 1
      const now = clock()
      if (now - begin < patience || now - last < (stderr.isTTY ? pauses.rewritten : pauses.added)) return
      last = now
      isShown = true
      const text = `${what}: ${done}${of === undefined ? '' : ` of ${of}`}`
      stderr.write(stderr.isTTY ? `\r${text}\u001B[K` : `${text}\n`)
    },
    end() {
      if (isShown && stderr.isTTY) stderr.write('\r\u001B[K')
    },
  }
}
