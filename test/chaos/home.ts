import type { Clock, ErpSession, Log, MessageStates, Queue, WebhookSecrets } from '../../functions/core/ports.ts'
import type { Erp } from '../../functions/erp/client.ts'

/** What senders of a story sign with, and what the ERP knows the bridge by. */
export const webhookSecret = 'a secret of the story'
export const erpToken = 'token'

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
