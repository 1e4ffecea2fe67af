import { readMessage } from '../../functions/deliver/read-message.ts'
import type { ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import type { MessageState } from '../../functions/state/message/message-state.ts'
import type { BridgeAccess } from '../open/bridge.ts'

/** The `data` of the PUT that an attempt would send now, or why it would send none. */
export type PutPreview = { put?: ChatroomMessageData; noPut?: string }

/** Reads a chat message as an attempt would, and returns the PUT that it would make. Changes nothing. */
export async function previewPut(
  { erp, host }: Pick<BridgeAccess, 'erp' | 'host'>,
  messageId: string,
  state: MessageState,
): Promise<PutPreview> {
  const seen = await readMessage(messageId, state, { erp, host })
  if (seen.kind === 'unreachable') return { noPut: `the ERP cannot be asked: ${seen.reason}` }
  if (seen.kind === 'refused') return { noPut: `the ERP refuses it: ${seen.status}` }
  const { data: put, impossible } = seen.rendering
  if (put) return { put }
  if (seen.waits) return { noPut: 'it waits for a PUT’s answer that shows the lists' }
  return {
    noPut: impossible.length > 0 ? 'the host adds to lists, so no PUT takes this away' : 'the ERP shows it already',
  }
}
