/** Columns of a table may be this wide, where they aren't ids. */
const widest = 30

/**
 * What a terminal takes for a command, and what turns the direction of writing: event ids, reasons and the ERP's answers are
 * chosen by others, and must not be able to rewrite what an operator reads.
 */
const unsafe = /(?!\n)[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu

/** A text of others as it may be shown: what a terminal would obey is spelt out, line feeds stay. */
function shown(text: string): string {
  return text.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The same in one line. */
export function escapeControl(text: string): string {
  return shown(text).replaceAll('\n', '\\n')
}

/** JSON that may be shown: spelt out in the same way, it is the same JSON. */
export function json(value: unknown): string {
  return shown(JSON.stringify(value, null, 2))
}

/** A moment (epoch ms) as it can be given to `--since` again. */
export function isoTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

/**
 * Rows below their titles, each column as wide as it must be. The first column is never shortened: it is what a person
 * copies.
 */
export function table(titles: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const cells = [
    titles,
    ...rows.map((row) => row.map((cell = '', index) => (index === 0 ? escapeControl(cell) : short(cell)))),
  ]
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}

/** What is known of one thing, a name and a value a line; absent values are left out. */
export function details(title: string, fields: Readonly<Record<string, unknown>>): string {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined)
  const width = Math.max(...known.map(([name]) => name.length))
  const lines = known.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
    return `  ${name.padEnd(width)}  ${shown(text).replaceAll('\n', `\n  ${' '.repeat(width)}  `)}`
  })
  return [escapeControl(title), ...lines].join('\n')
}

/** "1 chat message", "2 chat messages". */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

function short(cell: string): string {
  const text = escapeControl(cell)
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text
}
