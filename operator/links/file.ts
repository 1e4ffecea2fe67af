import { MessageId, Name } from '../../functions/state/changes.ts'
import { linksKept } from '../../functions/state/object/object-state.ts'
import { readCsv, writeCsv } from './csv.ts'

/** That an object of a source is a chat message. */
export type LinkRow = { source: string; object: string; messageId: string }
/** A link, and the line of the file that asks for it. */
export type LinkLine = LinkRow & { line: number }
/** What is wrong with a line of a file. */
type LineProblem = { line: number; why: string }

const header = ['source', 'object', 'message']

/** Links as a file that `linksIn` reads. */
export function linkFile(links: readonly LinkRow[]): string {
  return writeCsv([header, ...links.map(({ source, object, messageId }) => [source, object, messageId])])
}

/**
 * The links that a file asks for, each once.
 * @param sources the names that are known
 * @returns problems: everything that is wrong with the file; none of it may be used where there are any
 */
export function linksIn(
  bytes: Uint8Array,
  sources: ReadonlyMap<string, unknown>,
): { links: LinkLine[]; problems: LineProblem[] } {
  const text = textOf(bytes)
  if (text === undefined) return { links: [], problems: [{ line: 1, why: 'the file is not UTF-8' }] }
  const [first, ...records] = readCsv(text)
  if (!first || !('fields' in first) || JSON.stringify(first.fields) !== JSON.stringify(header)) {
    return { links: [], problems: [{ line: first?.line ?? 1, why: `expected the header ${header.join()}` }] }
  }
  const links = new Map<string, LinkLine>()
  const problems: LineProblem[] = []
  const perObject = new Map<string, number>()
  for (const record of records) {
    const { line } = record
    const read = 'fields' in record ? linkOf(record.fields, sources) : record
    if ('why' in read) {
      problems.push({ line, why: read.why })
      continue
    }
    const key = JSON.stringify([read.source, read.object, read.messageId])
    if (links.has(key)) continue
    links.set(key, { line, ...read })
    const object = JSON.stringify([read.source, read.object])
    const count = (perObject.get(object) ?? 0) + 1
    perObject.set(object, count)
    if (count > linksKept) problems.push({ line, why: `an object can have ${linksKept} links at most` })
  }
  return { links: [...links.values()], problems }
}

/** Without the mark that some programs put in front; undefined where it is none. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function linkOf(fields: readonly string[], sources: ReadonlyMap<string, unknown>): LinkRow | { why: string } {
  const [source = '', object = '', message = ''] = fields
  if (fields.length !== header.length) return { why: `expected ${header.length} fields, and not ${fields.length}` }
  if (!sources.has(source)) return { why: `there is no source ${source}: ${[...sources.keys()].join(', ')}` }
  if (!Name.safeParse(object).success) return { why: 'an object has 1 to 256 characters' }
  const messageId = MessageId.safeParse(message)
  if (!messageId.success) return { why: `chat message ${message}: ${messageId.error.issues[0]?.message}` }
  return { source, object, messageId: messageId.data }
}
