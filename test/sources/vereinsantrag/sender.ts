import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, noon, secret } from '../../support/factories.ts'

/** A webhook with the headers that Vereinsantrag names; its body is not known, and what it signs is assumed. */
export function applicationWebhook(
  given: {
    payload?: unknown
    event?: string
    url?: string
    key?: string
    timestamp?: string
    signs?: (stamp: string, body: string) => string
  } = {},
): WebhookRequest {
  const body = bodyOf(given.payload ?? { bewerber: 'Jürgen' })
  const timestamp = given.timestamp ?? `${noon / 1000}`
  const text = given.signs?.(timestamp, `${body}`) ?? Buffer.concat([Buffer.from(`${timestamp}.`), body])
  const headers = {
    'content-type': 'application/json',
    'x-vereinsantrag-event': given.event ?? 'ApplicationAccepted',
    'x-vereinsantrag-delivery': 'd-1',
    'x-vereinsantrag-timestamp': timestamp,
    'x-vereinsantrag-signature': `sha256=${createHmac('sha256', given.key ?? secret)
      .update(text)
      .digest('hex')}`,
  }
  return { method: 'POST', url: given.url ?? '/webhooks/vereinsantrag', headers, body }
}
