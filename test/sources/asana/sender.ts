import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, secret } from '../../support/factories.ts'

/** A webhook as Asana sends it. */
export function asanaWebhook(payload: unknown, { url = '/webhooks/asana', key = secret } = {}): WebhookRequest {
  const body = bodyOf(payload)
  const signature = createHmac('sha256', key).update(body).digest('hex')
  const headers = { 'content-type': 'application/json', 'x-hook-signature': signature }
  return { method: 'POST', url, headers, body }
}

/** The request by which Asana begins a webhook. */
export function asanaHandshake(brought: string, url = '/webhooks/asana'): WebhookRequest {
  const headers = { 'content-type': 'application/json', 'x-hook-secret': brought }
  return { method: 'POST', url, headers, body: Buffer.from('{}') }
}
