import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, secret } from '../../support/factories.ts'

/** A webhook as Notion sends it. */
export function notionWebhook(payload: unknown, { url = '/webhooks/notion', key = secret } = {}): WebhookRequest {
  const body = bodyOf(payload)
  const signature = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
  const headers = { 'content-type': 'application/json', 'x-notion-signature': signature }
  return { method: 'POST', url, headers, body }
}

/** The request by which Notion begins a webhook. */
export function notionHandshake(verification_token: unknown, url = '/webhooks/notion'): WebhookRequest {
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', url, headers, body: Buffer.from(JSON.stringify({ verification_token })) }
}
