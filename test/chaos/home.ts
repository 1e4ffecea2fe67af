import type { Erp } from '../../functions/erp/client.ts'
import type { Clock, ErpSession, Log, MessageStates, Queue, WebhookSecrets } from '../../functions/ports/ports.ts'
import type { Credentials } from '../../functions/secrets/session.ts'

/** What senders of a story sign with, and what the ERP knows the bridge by, unless it has to log in. */
export const webhookSecret = 'a secret of the story'
export const erpToken = 'token'

/** The ERP of a story, as a home reaches it. Without credentials it knows the bridge by a token. */
export type ErpOfStory = { url: string; credentials?: Credentials | undefined }

/** The user that the bridge logs in as: at first, and once the password was changed. */
export const users: [Credentials, Credentials] = [
  { username: 'bridge', password: 'the first password' },
  { username: 'bridge', password: 'the second password' },
]

/** A home as one process of a story has it. */
export type Home = {
  queue: Pick<Queue, 'send'>
  deadLetters: Queue
  states: MessageStates
  secrets: WebhookSecrets
  session: ErpSession
  /** How many messages the queue holds: visible, delayed or in somebody's hands. */
  queued(): Promise<number>
  startDelivery(dependencies: { erp: Erp; clock: Clock; log: Log }): Promise<unknown>
  close(): void
}
