import pMap from 'p-map'
import { dueRegisters, type MessageState, readState } from '../../functions/state/message/message-state.ts'
import { attemptMessage, encode } from '../../functions/state/queue-message.ts'
import { errorMessage } from '../../local/error-messages.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { type PutPreview, previewPut } from './preview-put.ts'

/** Records that are loaded at once; each may have 350 KB. */
const concurrency = 20

/** A chat message that is due. Times are epoch ms. */
export type DueMessage = {
  messageId: string
  /** The kinds of what is wanted. */
  wants: string[]
  since?: number
  /** Attempts in a row that did not reach the ERP. */
  failedAttempts: number
  /** No attempt is made before this. */
  nextAttemptAt?: number
  unreadable?: 'newer' | 'damaged'
  /** Why no attempt was sent. */
  why?: string
} & PutPreview

/**
 * Lists every chat message that is due, and sends an attempt for each. An attempt waits for its time: a pause that the ERP
 * asked for, or the wait after a lost answer.
 * @param options.isDryRun sends nothing
 * @param options.preview sends nothing, and adds the PUT that each attempt would make now
 */
export async function reconcile(
  bridge: Pick<BridgeAccess, 'states' | 'queue' | 'erp' | 'host'>,
  { isDryRun = false, preview = false }: { isDryRun?: boolean; preview?: boolean },
): Promise<DueMessage[]> {
  const { states, queue } = bridge
  const reconcileOne = async ({ messageId }: { messageId: string }): Promise<DueMessage[]> => {
    try {
      const stored = await states.load(messageId)
      const found = stored && dueMessage(messageId, stored.body)
      if (!found) return []
      const { state, ...due } = found
      if (preview && state) return [{ ...due, ...(await previewPut(bridge, messageId, state)) }]
      if (due.why === undefined && !isDryRun && !preview) await queue.send(encode(attemptMessage(messageId)))
      return [due]
    } catch (error) {
      return [{ messageId, wants: [], failedAttempts: 0, why: errorMessage(error) }]
    }
  }
  const found = await states.due(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  return (await pMap(found, reconcileOne, { concurrency })).flat()
}

/** Reads what is due of a record; undefined where it was fulfilled meanwhile. */
function dueMessage(messageId: string, body: string): (DueMessage & { state?: MessageState }) | undefined {
  const read = readState(body)
  if ('unreadable' in read) {
    const { unreadable } = read
    const unknown = { messageId, wants: [], failedAttempts: 0, unreadable }
    // Deliver makes a dead letter of a damaged record, and starts a new one.
    return unreadable === 'damaged'
      ? unknown
      : { ...unknown, why: 'a newer version of the bridge wrote this record: only that version can deliver it' }
  }
  const { attempts, nextAttemptAt } = read.state
  const due = dueRegisters(read.state)
  if (due.length === 0) return undefined
  const since = due.flatMap(({ register }) => register.dueSince ?? [])
  return {
    messageId,
    state: read.state,
    wants: [...new Set(due.map(({ write }) => write.change.kind))],
    ...(since.length > 0 && { since: Math.min(...since) }),
    failedAttempts: attempts,
    ...(nextAttemptAt !== undefined && { nextAttemptAt }),
  }
}
