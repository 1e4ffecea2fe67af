import type { BridgeAccess } from '../open/bridge.ts'
import { linkFile } from './file.ts'
import { type LinkedObject, linkedObjects } from './linked-objects.ts'

type Bridge = Pick<BridgeAccess, 'states' | 'sources'>

/**
 * Lists every linked object with its chat messages, or only those of a source. An object whose record cannot be read is
 * in the list with the reason.
 * @throws where there is no such source, and no object of it
 */
export async function listLinks({ states, sources }: Bridge, source?: string): Promise<LinkedObject[]> {
  const objects = await linkedObjects(states, source)
  // A source that was removed from the settings may still have links.
  const isKnown = source === undefined || sources.has(source) || objects.some((one) => 'source' in one)
  if (!isKnown) throw new Error(`there is no source ${source}: ${[...sources.keys()].join(', ')}`)
  return objects
}

/**
 * Writes every link as CSV, with ids exactly as they are.
 * @returns the file, and the objects that it leaves out with the reason
 */
export async function exportLinks(
  bridge: Bridge,
  source?: string,
): Promise<{ csv: string; unreadable: { key: string; why: string }[] }> {
  const unreadable: { key: string; why: string }[] = []
  const links = (await listLinks(bridge, source)).flatMap((one) => {
    if ('why' in one) unreadable.push(one)
    else if (!one.object.isWellFormed())
      unreadable.push({ key: `${one.source} ${one.object}`, why: 'no file can hold half a character' })
    else return one.messageIds.map((messageId) => ({ source: one.source, object: one.object, messageId }))
    return []
  })
  return { csv: linkFile(links), unreadable }
}
