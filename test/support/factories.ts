import { randomUUID } from 'node:crypto'
import type { ReceiveContext, WebhookRequest } from '../../functions/sources/source.ts'
import type { Change } from '../../functions/state/changes.ts'
import type { QueuedUpdate } from '../../functions/state/queue-message.ts'

/** The moment at which tests happen; epoch ms. */
export const noon = Date.parse('2026-11-22T12:00:00.000Z')

/** A moment some seconds after noon, as an event writes it. */
export function at(seconds: number): string {
  return new Date(noon + seconds * 1000).toISOString()
}

/** An update of chat message 42 that arrived at noon. */
export function update(change: Change, given: Partial<QueuedUpdate> = {}): QueuedUpdate {
  return { messageId: '42', eventId: randomUUID(), source: 'generic', receivedAt: at(0), position: 0, change, ...given }
}

export const done: Change = { kind: 'completed', value: true }
export const reopened: Change = { kind: 'completed', value: false }
export const react = (emoji: string): Change => ({ kind: 'reaction', emoji, present: true })
export const unreact = (emoji: string): Change => ({ kind: 'reaction', emoji, present: false })

/** The secret that webhooks of tests are signed with, and what a source is verified with. */
export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
export function context(given: Partial<ReceiveContext> = {}): ReceiveContext {
  return { secrets: [secret], now: new Date(noon), ...given }
}

/** A payload as a body: bytes as they stand, anything else as JSON. */
export function bodyOf(payload: unknown): Buffer {
  return payload instanceof Uint8Array ? Buffer.from(payload) : Buffer.from(JSON.stringify(payload))
}

/** A webhook of the generic source with a bearer token. A body that isn't text or bytes is sent as JSON. */
export function webhook(body: unknown, given: Partial<Omit<WebhookRequest, 'body'>> = {}): WebhookRequest {
  const bytes = typeof body === 'string' ? Buffer.from(body) : bodyOf(body)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...given.headers }
  return { method: 'POST', url: '/webhooks/generic', ...given, headers, body: bytes }
}
