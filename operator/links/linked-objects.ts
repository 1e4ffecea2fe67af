import pMap from 'p-map'
import type { MessageStates } from '../../functions/ports/ports.ts'
import { linkedTo, readObject } from '../../functions/state/object/object-state.ts'
import { errorMessage } from '../../local/error-messages.ts'
import { startProgress } from '../cli/progress.ts'
import type { Terminal } from '../cli/terminal.ts'

/** Records that are loaded side by side; each may have 350 KB. */
const sideBySide = 20

/** An object and the chat messages that it is, or why that is not known. `since`: epoch ms. */
export type LinkedObject = { since: number } & (
  | { source: string; object: string; messageIds: string[] }
  | { key: string; why: string }
)

/**
 * Every object that is linked, those that have been so for longest first.
 * @param source only this source's; what can't be read is there all the same, for it may be one of them
 */
export async function linkedObjects(
  states: MessageStates,
  source: string | undefined,
  terminal: Terminal,
): Promise<LinkedObject[]> {
  const found = await states.linked(Number.MAX_SAFE_INTEGER)
  const progress = startProgress(terminal, 'looked at', { of: found.length })
  const one = async ({ key, linkedAt: since }: { key: string; linkedAt: number }): Promise<LinkedObject[]> => {
    try {
      const stored = await states.load(key)
      const read = stored && readObject(stored.body)
      if (!read) return []
      if ('unreadable' in read) return [{ key, since, why: whyUnreadable[read.unreadable] }]
      const { state } = read
      const messageIds = linkedTo(state)
      const isWanted = messageIds.length > 0 && (source === undefined || state.source === source)
      return isWanted ? [{ since, source: state.source, object: state.object, messageIds }] : []
    } catch (error) {
      return [{ key, since, why: errorMessage(error) }]
    } finally {
      progress.step()
    }
  }
  return (await pMap(found, one, { concurrency: sideBySide }).finally(progress.end)).flat()
}

/** What an operator is told of an object's record that can't be read. */
export const whyUnreadable = {
  newer: 'a newer version of the bridge wrote this record',
  damaged: 'this record is damaged',
} as const
