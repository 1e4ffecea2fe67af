import type { Log } from '../../functions/ports/ports.ts'

/** A log whose lines go to several. */
export function teeLog(...logs: Log[]): Log {
  return (event, fields) => {
    for (const log of logs) log(event, fields)
  }
}

/** What joins the lines of one webhook request, which `npx chatroom-bridge trace` does and no person. */
const joining = ['trace', 'traces']

/**
 * Writes each line as `time event name=value …` (logfmt). Values that senders choose are quoted, so that none of them can
 * pretend to be another line.
 */
export function createLog(write: (line: string) => void): Log {
  return (event, fields) => {
    const named = Object.entries(fields).flatMap(([name, value]) => {
      if (joining.includes(name)) return []
      const text = String(typeof value === 'object' ? value.join(' ') : (value ?? ''))
      return text === '' ? [] : [`${name}=${plain(text)}`]
    })
    write([new Date().toISOString(), plain(event), ...named].join(' '))
  }
}

function plain(value: string): string {
  return /^[\w./:+-]+$/.test(value) ? value : JSON.stringify(value.slice(0, 500))
}
