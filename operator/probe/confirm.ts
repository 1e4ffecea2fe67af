import type { ChatroomMessage } from '../../functions/state/erp/chatroom-message.ts'
import { counted, escapeControl } from '../cli/output.ts'
import type { Terminal } from '../cli/terminal.ts'

/** Says what will happen to a chat message, and asks whether it may. */
export async function isConfirmed(
  messageId: string,
  { baseUrl }: { baseUrl: string },
  { reactions, attachments }: ChatroomMessage,
  { stderr, ask }: Terminal,
): Promise<boolean> {
  if (!ask) {
    stderr.write('chatroom-bridge: nothing was written: it needs --yes where nobody can be asked\n')
    return false
  }
  stderr.write(`The probe will now write to chat message ${messageId} of ${escapeControl(baseUrl)}, about ten PUTs:
- it is set to completed, or open, and back;
- ${reactions.length > 0 ? `its ${counted(reactions.length, 'reaction')} may go for a moment, and come back` : 'a reaction is added, and goes again'}; where the host allows it, reactions of the probe's own come and go;
- where the host clears what a PUT leaves out, all else goes for a moment, and comes back${attachments.length > 0 ? ': ALSO ITS ATTACHMENTS, whose content a host may delete for good' : ''}.
Each PUT may notify the customer. What anybody changes in it meanwhile may be lost.
`)
  return (await ask('Write to it? Type yes: ')).trim() === 'yes'
}

/** Asks whether a reaction may be added that a person may have to take away. */
export async function mayLeaveOne({ ask }: Terminal): Promise<boolean> {
  const answer = await ask?.(
    'It has no reaction. To see what becomes of a list one has to be added, and where the host adds to lists you must take it away in the ERP. Add it? Type yes: ',
  )
  return answer?.trim() === 'yes'
}
