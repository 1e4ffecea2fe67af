import { keptLines } from '../../local/logging/log-files.ts'
import { type LogLines, lineOf } from './log-lines.ts'

/** The log that a folder keeps. */
export function localLog(folder: string): LogLines {
  return {
    async find({ texts, since }) {
      const found = [...keptLines(folder)].filter((text) => texts.some((one) => text.includes(one)))
      const lines = found.flatMap((text) => lineOf(text) ?? [])
      return lines.filter(({ at }) => at >= since).sort((one, other) => one.at - other.at)
    },
  }
}
