import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import pMap from 'p-map'
import {
  linkedTo,
  linksKept,
  type ObjectState,
  objectKey,
  readObject,
} from '../../functions/state/object/object-state.ts'
import { encode, type QueuedLink, updatesMessage } from '../../functions/state/queue-message.ts'
import { type ExitCode, exitCodes } from '../cli/exit-codes.ts'
import { counted, escapeControl, isoTime } from '../cli/output.ts'
import { startProgress } from '../cli/progress.ts'
import type { Terminal } from '../cli/terminal.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { type LinkLine, type LinkRow, linksIn } from './file.ts'
import { whyUnreadable } from './linked-objects.ts'

/** Records that are loaded side by side; each may have 350 KB. */
const lookedAtOnce = 20
/** Links in one queue message, and queue messages that are sent side by side. */
const linksPerMessage = 100
const sentAtOnce = 4

type ImportHome = Pick<BridgeAccess, 'states' | 'queue' | 'sources'>

/**
 * Puts the links of a file on the queue, all of them or, where anything is wrong with one, none. It may be killed at any
 * moment and run again: what is linked is passed over, and what is on the queue already is the same event.
 *
 * A link that was removed stays removed, and the command says so: nobody wants an update in a customer's chat because an old
 * file was imported twice. That holds for as long as the bridge remembers the removal, a week at least.
 * @param path `-` for standard input
 */
export async function importLinks(
  home: ImportHome,
  path: string,
  { isDry, terminal }: { isDry: boolean; terminal: Terminal },
): Promise<ExitCode> {
  const { links, problems } = linksIn(await bytesOf(path), home.sources)
  const found = problems.length === 0 ? await lookAt(home, links, terminal) : []
  const that = (is: Found['is']) => found.filter((one) => one.is === is)
  const tell = ({ line, why = '' }: { line: number; why?: string }) =>
    terminal.stderr.write(`${path}:${line}: ${escapeControl(why)}\n`)
  const wrong = [...problems, ...that('wrong')]
  if (wrong.length > 0) {
    wrong.forEach(tell)
    terminal.stderr.write(`chatroom-bridge: nothing was sent: ${counted(wrong.length, 'problem')}\n`)
    return exitCodes.failed
  }
  const [missing, there, removed] = [that('missing'), that('there'), that('removed')]
  if (!isDry) await sendAll(home, missing, terminal)
  removed.forEach(tell)
  const some = [
    `${counted(missing.length, 'link')} ${isDry ? 'would be queued' : 'queued'}`,
    ...(there.length > 0 ? [`${there.length} there already`] : []),
    ...(removed.length > 0 ? [`${removed.length} left removed`] : []),
  ]
  terminal.print(some.join(', '))
  return removed.length === 0 ? exitCodes.done : exitCodes.failed
}

async function bytesOf(path: string): Promise<Uint8Array> {
  if (path === '-') return buffer(process.stdin)
  return readFile(path).catch((cause) => {
    throw new Error(`${path} can't be read (${cause.code}): give the file of links`, { cause })
  })
}

/** A line of a file, compared with what is linked. */
type Found = LinkLine & { is: 'missing' | 'there' | 'removed' | 'wrong'; why?: string }

/** Compares a file with what is linked; in the file's order. */
async function lookAt({ states }: ImportHome, links: readonly LinkLine[], terminal: Terminal): Promise<Found[]> {
  const objects = Map.groupBy(links, objectKey)
  const progress = startProgress(terminal, 'objects compared', { of: objects.size })
  const one = async ([key, lines]: [string, LinkLine[]]): Promise<Found[]> => {
    const stored = await states.load(key)
    progress.step()
    const read = stored && readObject(stored.body)
    // Of a damaged record deliver makes a dead letter, and begins anew.
    if (!read || ('unreadable' in read && read.unreadable === 'damaged')) {
      return lines.map((link) => ({ ...link, is: 'missing' }))
    }
    if ('unreadable' in read)
      return lines.map((link) => ({ ...link, is: 'wrong', why: whyUnreadable[read.unreadable] }))
    return compared(lines, read.state)
  }
  const found = await pMap(objects, one, { concurrency: lookedAtOnce }).finally(progress.end)
  return found.flat().sort((one, other) => one.line - other.line)
}

/** Lines that are all about one object. */
function compared(lines: readonly LinkLine[], state: ObjectState): Found[] {
  const linked = new Set(linkedTo(state))
  return lines.map((link): Found => {
    const { source, object, messageId } = link
    if (linked.has(messageId)) return { ...link, is: 'there' }
    const gone = state.links[messageId]?.removed[0]
    if (gone) {
      const why = `the link of ${source} ${object} to chat message ${messageId} was removed at ${isoTime(gone.time)}, and stays so: links add brings it back`
      return { ...link, is: 'removed', why }
    }
    linked.add(messageId)
    return linked.size > linksKept
      ? { ...link, is: 'wrong', why: `${source} ${object} would have more than ${linksKept} links` }
      : { ...link, is: 'missing' }
  })
}

async function sendAll({ queue }: ImportHome, links: readonly LinkRow[], terminal: Terminal): Promise<void> {
  const receivedAt = new Date().toISOString()
  const messages = Array.from({ length: Math.ceil(links.length / linksPerMessage) }, (_, index) =>
    links.slice(index * linksPerMessage, (index + 1) * linksPerMessage),
  )
  const progress = startProgress(terminal, 'links queued', { of: links.length })
  await pMap(
    messages,
    async (some) => {
      await queue.send(
        encode(updatesMessage({ links: some.map((link, position) => said(link, receivedAt, position)) })),
      )
      for (const _ of some) progress.step()
    },
    { concurrency: sentAtOnce },
  ).finally(progress.end)
}

/**
 * A link as an event. Its id comes from what it says, and it has no time of its own: so the second import of a line is the
 * first one come again, whose time counts, and what was removed in between stays removed.
 */
function said({ source, object, messageId }: LinkRow, receivedAt: string, position: number): QueuedLink {
  const eventId = `cli:${hash('sha256', JSON.stringify([source, object, messageId]), 'base64url')}`
  return { source, object, messageId, present: true, eventId, receivedAt, position }
}
