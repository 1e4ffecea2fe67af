import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { standardWebhooksSignature } from '../../hostile/sender.ts'
import { bodyOf, noon, secret } from '../../support/factories.ts'

/** A webhook by Standard Webhooks; `named` is what its headers start with. */
export function standardWebhook(
  payload: unknown,
  given: { id?: string; timestamp?: string; key?: string; url?: string; named?: string } = {},
): WebhookRequest {
  const { url = '/webhooks/standard-webhooks', named = 'webhook', key = secret } = given
  const { id = 'msg_1', timestamp = `${noon / 1000}` } = given
  const body = bodyOf(payload)
  const headers = {
    'content-type': 'application/json',
    [`${named}-id`]: id,
    [`${named}-timestamp`]: timestamp,
    [`${named}-signature`]: standardWebhooksSignature(body, { id, timestamp, key }),
  }
  return { method: 'POST', url, headers, body }
}
