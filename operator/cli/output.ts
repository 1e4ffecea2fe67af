/** The maxWidth that a column may be, apart from the first. */
const maxWidth = 30

/**
 * Control characters, and those that change the direction of writing. Event ids, reasons and the ERP's answers are chosen by
 * others and must not be able to rewrite what an operator reads.
 */
const unsafe = /(?!\n)[\p{Cc}\p{Cs}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu

/** Spells control characters out, as in \\u001b, but for line feeds. */
function escapeLines(text: string): string {
  return text.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Spells all control characters out, so that a text of others can be shown in one line. */
export function escapeControl(text: string): string {
  return escapeLines(text).replaceAll('\n', '\\n')
}

/** Formats JSON for a terminal; the escapes are JSON's own. */
export function json(value: unknown): string {
  return escapeLines(JSON.stringify(value, null, 2))
}

/** Formats rows below their titles. The first column is never shortened, because people copy it. */
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

/** Formats the fields of one thing, one a line; absent values are left out. */
export function details(title: string, fields: Readonly<Record<string, unknown>>): string {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined)
  const width = Math.max(...known.map(([name]) => name.length))
  const lines = known.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
    return `  ${name.padEnd(width)}  ${escapeLines(text).replaceAll('\n', `\n  ${' '.repeat(width)}  `)}`
  })
  return [escapeControl(title), ...lines].join('\n')
}

/** Formats a count: "1 link", "2 links". */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

function short(cell: string): string {
  const text = escapeControl(cell)
  return text.length > maxWidth ? `${text.slice(0, maxWidth - 1)}…` : text
}
