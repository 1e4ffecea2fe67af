import type { Erp } from '../erp/client.ts'
import type { Update } from '../state/changes.ts'
import type { ChatroomMessage } from '../state/erp/chatroom-message.ts'
import type { ErpBehavior } from '../state/erp/erp-behavior.ts'
import type { GetOutcome } from '../state/erp/outcome.ts'
import { isListed, needsLists, type Rendering, render } from '../state/erp/render.ts'
import { dueRegisters, type MessageState } from '../state/message/message-state.ts'

/** What the ERP shows, as far as it tells, and what is to be sent then. */
export type ReadResult = {
  kind: 'seen'
  message: ChatroomMessage
  rendering: Rendering
  /** Something is due that can't be told before an answer shows the lists. */
  waits: boolean
}

/**
 * Looks at the chat message as the ERP has it now, and renders what is due against that. A host that refuses GET is not asked:
 * then attributes that stand alone are sent as they are wanted, and first, because the answer to that tells the lists.
 * @param options.only the only register to render
 */
export async function readMessage(
  messageId: string,
  state: MessageState,
  { erp, host }: { erp: Pick<Erp, 'get'>; host: ErpBehavior },
  { only }: { only?: string | undefined } = {},
): Promise<ReadResult | Exclude<GetOutcome, { kind: 'answered' }>> {
  const isMeant = (key: string) => only === undefined || key === only
  if (host.getDisabled) return lookAtWhatIsKept(state, host, isMeant)
  const got = await erp.get(messageId)
  if (got.kind !== 'answered') return got
  const { message } = got
  return { kind: 'seen', message, rendering: render(state, message, host, isMeant), waits: false }
}

function lookAtWhatIsKept(state: MessageState, host: ErpBehavior, isMeant: (key: string) => boolean): ReadResult {
  const message = state.lists ?? { reactions: [], attachments: [] }
  const due = dueRegisters(state).filter(({ key }) => isMeant(key))
  const needs = (change: Update['change']) => !state.lists && needsLists(change, state)
  const isAlone = due.some(({ write }) => !isListed(write.change))
  const rendering = render(
    state,
    message,
    host,
    (key, change) => isMeant(key) && (isAlone ? !isListed(change) : !needs(change)),
  )
  return { kind: 'seen', message, rendering, waits: due.some(({ write }) => needs(write.change)) }
}
