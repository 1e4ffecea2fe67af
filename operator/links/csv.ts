/** A record of a CSV file, or why it is none; `line` is where it begins, from 1. */
export type CsvRecord = { line: number; fields: string[] } | { line: number; why: string }

/**
 * Reads CSV (RFC 4180), keeping every field exactly as it stands: nothing is trimmed, and nothing guessed. Lines may end with
 * LF alone, and empty ones are passed over.
 */
export function readCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = []
  let line = 1
  for (let start = 0; start < text.length; ) {
    const { end, ...record } = recordAt(text, start)
    const isEmpty = 'fields' in record && /^\r?\n$/.test(text.slice(start, end))
    if (!isEmpty) records.push({ line, ...record })
    line += text.slice(start, end).split('\n').length - 1
    start = end
  }
  return records
}

/**
 * Writes CSV (RFC 4180), each line ended by CRLF. Formulas are not disarmed, as it is often done for spreadsheets with an
 * apostrophe: an id that begins with `=` would come back as another one.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('')
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

/** The record that begins at `start`, and where the next one does; after one that is none that is the next line. */
function recordAt(text: string, start: number): { end: number } & ({ fields: string[] } | { why: string }) {
  const wrong = (why: string) => ({ end: text.indexOf('\n', start) + 1 || text.length, why })
  const fields: string[] = []
  for (let at = start; ; at += 1) {
    const isQuoted = text[at] === '"'
    const end = isQuoted ? endOfQuoted(text, at) : endOfPlain(text, at)
    if (end === undefined) return wrong('a quote that is never closed')
    fields.push(isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end))
    at = end
    if (text[at] === ',') continue
    if (at === text.length) return { end: at, fields }
    if (text[at] === '\n') return { end: at + 1, fields }
    if (text.startsWith('\r\n', at)) return { end: at + 2, fields }
    return wrong(isQuoted ? 'text behind a closing quote' : 'a quote or a line break in a field without quotes')
  }
}

function endOfPlain(text: string, start: number): number {
  const plain = /[^",\r\n]*/y
  plain.lastIndex = start
  plain.test(text)
  return plain.lastIndex
}

function endOfQuoted(text: string, start: number): number | undefined {
  let close = text.indexOf('"', start + 1)
  // Two quotes are one that is part of the field.
  while (text[close + 1] === '"' && close !== -1) close = text.indexOf('"', close + 2)
  return close === -1 ? undefined : close + 1
}
