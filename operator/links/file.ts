import { CsvError, parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { MessageId, Name } from '../../functions/state/changes.ts'
import { linksKept } from '../../functions/state/object/object-state.ts'

/** An object of a source, and the chat message that it is. */
export type LinkRow = { source: string; object: string; messageId: string }
/** A link, and the line of the file that it stands in. */
export type LinkLine = LinkRow & { line: number }
export type LineProblem = { line: number; why: string }

const header = ['source', 'object', 'message']

/**
 * Writes links as CSV (RFC 4180), which `linksIn` reads. Formulas are not disarmed for spreadsheets: an id that begins with
 * `=` has to come back unchanged.
 */
export function linkFile(links: readonly LinkRow[]): string {
  const rows = links.map(({ source, object, messageId }) => [source, object, messageId])
  return stringify([header, ...rows], { record_delimiter: 'windows' })
}

/**
 * Reads the links of a CSV file, each once.
 * @param sources the names that are known
 * @returns problems: everything that is wrong with the file; where there is one, none of the links may be used
 */
export function linksIn(
  bytes: Uint8Array,
  sources: ReadonlyMap<string, unknown>,
): { links: LinkLine[]; problems: LineProblem[] } {
  const records = recordsIn(bytes)
  if ('why' in records) return { links: [], problems: [records] }
  const [first, ...rows] = records.rows
  if (JSON.stringify(first?.fields) !== JSON.stringify(header)) {
    return { links: [], problems: [{ line: first?.line ?? 1, why: `expected the header ${header.join()}` }] }
  }
  const links = new Map<string, LinkLine>()
  const problems: LineProblem[] = []
  const perObject = new Map<string, number>()
  for (const { line, fields } of rows) {
    const link = parseLink(fields, sources)
    if ('why' in link) {
      problems.push({ line, why: link.why })
      continue
    }
    const key = JSON.stringify([link.source, link.object, link.messageId])
    if (links.has(key)) continue
    links.set(key, { line, ...link })
    const object = JSON.stringify([link.source, link.object])
    const count = (perObject.get(object) ?? 0) + 1
    perObject.set(object, count)
    if (count > linksKept) problems.push({ line, why: `an object can have ${linksKept} links at most` })
  }
  return { links: [...links.values()], problems }
}

/** Splits a file into records that are kept exactly as they stand, without empty lines and a byte order mark. */
function recordsIn(bytes: Uint8Array): { rows: { line: number; fields: string[] }[] } | LineProblem {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const options = { info: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] }
    const parsed = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[]
    return { rows: parsed.map(({ record, info }) => ({ line: info.lines, fields: record })) }
  } catch (error) {
    if (!(error instanceof CsvError)) return { line: 1, why: 'the file is not UTF-8' }
    return { line: Number(error['lines']) || 1, why: error.message }
  }
}

/**
 * Reads the fields of one link.
 * @param sources the names that are known; absent: any name will do
 * @returns why they are no link, instead
 */
export function parseLink(
  [source = '', object = '', message = '', ...more]: readonly string[],
  sources?: ReadonlyMap<string, unknown>,
): LinkRow | { why: string } {
  if (!message || more.length > 0) return { why: `expected ${header.length} fields` }
  if (sources && !sources.has(source)) return { why: `there is no source ${source}: ${[...sources.keys()].join(', ')}` }
  if (!Name.safeParse(object).success) return { why: 'an object has 1 to 256 characters' }
  const messageId = MessageId.safeParse(message)
  if (!messageId.success) return { why: `chat message ${message}: ${messageId.error.issues[0]?.message}` }
  return { source, object, messageId: messageId.data }
}
