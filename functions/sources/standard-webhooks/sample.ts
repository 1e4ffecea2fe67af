import { createHmac } from 'node:crypto'
import { json, type Samples, type Signing } from '../common/sample.ts'

/** Our own event, whose id is the delivery's. */
export const standardWebhooks: Samples = {
  types: 'any',
  write(event, signing) {
    const body = JSON.stringify(event)
    const headers = { ...json, ...standardWebhooksHeaders(body, event.id, signing) }
    return { eventId: event.id, headers, body, path: '' }
  },
}

/** The proof of a delivery by Standard Webhooks. */
export function standardWebhooksHeaders(
  body: string,
  id: string,
  { secret, now }: Pick<Signing, 'secret' | 'now'>,
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
