import { hash } from 'node:crypto'
import pMap from 'p-map'
import {
  linkedTo,
  linksKept,
  type ObjectState,
  objectKey,
  readObject,
} from '../../functions/state/object/object-state.ts'
import { encode, type QueuedLink, updatesMessage } from '../../functions/state/queue-message.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { isoTime } from '../time.ts'
import { type LineProblem, type LinkLine, type LinkRow, linksIn } from './file.ts'
import { whyUnreadable } from './linked-objects.ts'

/** Records that are loaded at once; each may have 350 KB. */
const loadConcurrency = 20
/** Links in one queue message, and queue messages that are sent at once. */
const linksPerMessage = 100
const sendConcurrency = 4

type Bridge = Pick<BridgeAccess, 'states' | 'queue' | 'sources'>

/** What an import did: nothing where there are problems. `removed` are links that stay removed, with the reason. */
export type LinkImport = { problems: LineProblem[]; queued: number; existing: number; removed: LineProblem[] }

/**
 * Queues the links of a CSV file: all of them, or none where a line is wrong. It may be killed and run again: existing links
 * are passed over, and links on the queue are the same events.
 *
 * A link that was removed stays removed, for as long as the bridge remembers the removal (a week at least): importing an old
 * file again must not write into a customer's chat.
 */
export async function importLinks(
  bridge: Bridge,
  file: Uint8Array,
  { isDryRun }: { isDryRun: boolean },
): Promise<LinkImport> {
  const { links, problems } = linksIn(file, bridge.sources)
  const compared = problems.length === 0 ? await compareWithState(bridge, links) : []
  const linesOf = (is: Compared['is']) => compared.filter((one) => one.is === is)
  const lineProblems = (is: Compared['is']) => linesOf(is).map(({ line, why = '' }) => ({ line, why }))
  const wrong = [...problems, ...lineProblems('wrong')]
  if (wrong.length > 0) return { problems: wrong, queued: 0, existing: 0, removed: [] }
  const missing = linesOf('missing')
  if (!isDryRun) await sendAll(bridge, missing)
  return {
    problems: [],
    queued: missing.length,
    existing: linesOf('existing').length,
    removed: lineProblems('removed'),
  }
}

/** A line of a file, compared with what is linked. */
type Compared = LinkLine & { is: 'missing' | 'existing' | 'removed' | 'wrong'; why?: string }

/** Compares a file with what is linked, in the file's order. */
async function compareWithState({ states }: Bridge, links: readonly LinkLine[]): Promise<Compared[]> {
  const compareObject = async ([key, lines]: [string, LinkLine[]]): Promise<Compared[]> => {
    const stored = await states.load(key)
    const read = stored && readObject(stored.body)
    // Deliver makes a dead letter of a damaged record, and starts a new one.
    if (!read || ('unreadable' in read && read.unreadable === 'damaged')) {
      return lines.map((link) => ({ ...link, is: 'missing' }))
    }
    if ('unreadable' in read) return lines.map((link) => ({ ...link, is: 'wrong', why: whyUnreadable.newer }))
    return compareLines(lines, read.state)
  }
  const compared = await pMap(Map.groupBy(links, objectKey), compareObject, { concurrency: loadConcurrency })
  return compared.flat().sort((one, other) => one.line - other.line)
}

/** Compares lines of one object. */
function compareLines(lines: readonly LinkLine[], state: ObjectState): Compared[] {
  const linked = new Set(linkedTo(state))
  return lines.map((link): Compared => {
    const { source, object, messageId } = link
    if (linked.has(messageId)) return { ...link, is: 'existing' }
    const removal = state.links[messageId]?.removed[0]
    if (removal) {
      const why = `the link of ${source} ${object} to chat message ${messageId} was removed at ${isoTime(removal.time)} and stays removed: links add brings it back`
      return { ...link, is: 'removed', why }
    }
    linked.add(messageId)
    return linked.size > linksKept
      ? { ...link, is: 'wrong', why: `${source} ${object} would have more than ${linksKept} links` }
      : { ...link, is: 'missing' }
  })
}

async function sendAll({ queue }: Bridge, links: readonly LinkRow[]): Promise<void> {
  const receivedAt = new Date().toISOString()
  const parts = Array.from({ length: Math.ceil(links.length / linksPerMessage) }, (_, index) =>
    links.slice(index * linksPerMessage, (index + 1) * linksPerMessage),
  )
  await pMap(
    parts,
    (part) =>
      queue.send(
        encode(updatesMessage({ links: part.map((link, position) => linkEvent(link, receivedAt, position)) })),
      ),
    { concurrency: sendConcurrency },
  )
}

/**
 * Makes an event of a link. Its id is a hash of the link and it has no time of its own, so a second import is a duplicate of
 * the first: the first arrival counts, and a removal in between stays.
 */
function linkEvent({ source, object, messageId }: LinkRow, receivedAt: string, position: number): QueuedLink {
  const eventId = `cli:${hash('sha256', JSON.stringify([source, object, messageId]), 'base64url')}`
  return { source, object, messageId, present: true, eventId, receivedAt, position }
}
