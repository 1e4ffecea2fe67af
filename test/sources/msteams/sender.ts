import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, secret } from '../../support/factories.ts'

/** An outgoing webhook as Teams sends it: signed with the bytes that its security token is in base64. */
export function teamsWebhook(payload: unknown, given: { url?: string; key?: string } = {}): WebhookRequest {
  const body = bodyOf(payload)
  const key = Buffer.from((given.key ?? secret).replace('whsec_', ''), 'base64')
  const authorization = `HMAC ${createHmac('sha256', key).update(body).digest('base64')}`
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization }
  return { method: 'POST', url: given.url ?? '/webhooks/msteams', headers, body }
}
