import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, secret } from '../../support/factories.ts'

/** A webhook as Trello sends it: HMAC-SHA1 in base64, over the body and the callback URL. */
export function trelloWebhook(
  payload: unknown,
  given: { url?: string; host?: string; callbackUrl?: string; key?: string } = {},
): WebhookRequest {
  const { url = '/webhooks/trello', host = 'bridge.example', key = secret } = given
  const body = bodyOf(payload)
  const callbackUrl = given.callbackUrl ?? `https://${host}${url}`
  const signature = createHmac('sha1', key).update(body).update(callbackUrl).digest('base64')
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', host, 'x-trello-webhook': signature },
    body,
  }
}
