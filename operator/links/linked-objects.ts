import pMap from 'p-map'
import type { MessageStates } from '../../functions/ports/ports.ts'
import { linkedTo, readObject } from '../../functions/state/object/object-state.ts'
import { errorMessage } from '../../local/error-messages.ts'

/** Records that are loaded at once; each may have 350 KB. */
const concurrency = 20

/** An object and its chat messages, or why they are not known. `since`: epoch ms. */
export type LinkedObject = { since: number } & (
  | { source: string; object: string; messageIds: string[] }
  | { key: string; why: string }
)

/**
 * Lists every linked object, those that have been linked longest first.
 * @param source only this source's; records that cannot be read are included, because they may be of this source
 */
export async function linkedObjects(states: MessageStates, source: string | undefined): Promise<LinkedObject[]> {
  const readOne = async ({ key, linkedAt: since }: { key: string; linkedAt: number }): Promise<LinkedObject[]> => {
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
    }
  }
  return (await pMap(await states.linked(Number.MAX_SAFE_INTEGER), readOne, { concurrency })).flat()
}

/** What an operator is told of an object's record that cannot be read. */
export const whyUnreadable = {
  newer: 'a newer version of the bridge wrote this record',
  damaged: 'this record is damaged',
} as const
