import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, secret } from '../../support/factories.ts'

/** A webhook as Todoist sends it. */
export function todoistWebhook(payload: unknown, { url = '/webhooks/todoist', key = secret } = {}): WebhookRequest {
  const body = bodyOf(payload)
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Todoist-Webhooks',
      'x-todoist-delivery-id': '9c7ae1b1-7d43-4c1e-8f35-22ef0fb3a001',
      'x-todoist-hmac-sha256': createHmac('sha256', key).update(body).digest('base64'),
    },
    body,
  }
}
