import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, secret } from '../../support/factories.ts'

/** A webhook as ClickUp sends it. */
export function clickupWebhook(payload: unknown, { url = '/webhooks/clickup', key = secret } = {}): WebhookRequest {
  const body = bodyOf(payload)
  const signature = createHmac('sha256', key).update(body).digest('hex')
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', 'x-signature': signature },
    body,
  }
}
