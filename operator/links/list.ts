import { type ExitCode, exitCodes } from '../cli/exit-codes.ts'
import { escapeControl, isoTime, json, table } from '../cli/output.ts'
import type { Terminal } from '../cli/terminal.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { linkFile } from './file.ts'
import { type LinkedObject, linkedObjects } from './linked-objects.ts'

/** Lists every linked object with its chat messages. What can't be read is named, and never stops the list. */
export async function listLinks(
  { states, sources }: Pick<BridgeAccess, 'states' | 'sources'>,
  { source, asJson, terminal }: { source: string | undefined; asJson: boolean; terminal: Terminal },
): Promise<ExitCode> {
  const all = await linkedObjects(states, source, terminal)
  requireSource(sources, source, all)
  if (asJson) {
    terminal.print(json(all.map(({ since, ...one }) => ({ ...one, since: isoTime(since) }))))
    return warned(all, terminal)
  }
  const rows = all.map((one) =>
    'why' in one
      ? [one.key, undefined, undefined, isoTime(one.since)]
      : [one.object, one.source, one.messageIds.join(', '), isoTime(one.since)],
  )
  terminal.print(
    rows.length === 0 ? 'Nothing is linked.' : table(['OBJECT', 'SOURCE', 'CHAT MESSAGES', 'LINKED SINCE'], rows),
  )
  return warned(all, terminal)
}

/**
 * Writes every link as a line of CSV. It is for a file: ids stand in it exactly as they are, also what a terminal would obey.
 */
export async function exportLinks(
  { states, sources }: Pick<BridgeAccess, 'states' | 'sources'>,
  { source, terminal }: { source: string | undefined; terminal: Terminal },
): Promise<ExitCode> {
  const all = await linkedObjects(states, source, terminal)
  requireSource(sources, source, all)
  const told = all.map((one) =>
    'why' in one || one.object.isWellFormed()
      ? one
      : { since: one.since, key: `${one.source} ${one.object}`, why: 'no file can hold half a character' },
  )
  const links = told.flatMap((one) =>
    'why' in one ? [] : one.messageIds.map((messageId) => ({ source: one.source, object: one.object, messageId })),
  )
  // What is printed ends with LF: that of the last CRLF.
  terminal.print(linkFile(links).slice(0, -1))
  return warned(told, terminal)
}

/** A source that is no longer there may have links all the same; one that never was is a typing error. */
function requireSource(
  sources: BridgeAccess['sources'],
  source: string | undefined,
  found: readonly LinkedObject[],
): void {
  const isKnown = source === undefined || sources.has(source) || found.some((one) => 'source' in one)
  if (!isKnown) throw new Error(`there is no source ${source}: ${[...sources.keys()].join(', ')}`)
}

function warned(all: readonly LinkedObject[], { stderr }: Terminal): ExitCode {
  const unknown = all.filter((one) => 'why' in one)
  for (const { key, why } of unknown) stderr.write(`${escapeControl(key)}: ${escapeControl(why)}\n`)
  return unknown.length === 0 ? exitCodes.done : exitCodes.failed
}
