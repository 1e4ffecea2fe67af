import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { secret } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'

/** Change notifications as Microsoft Graph sends them, each with the client state of its subscription. */
export function graphWebhook({ url = '/webhooks/msgraph', keys = [secret], changed = {} } = {}): WebhookRequest {
  const [notification] = fixture('msgraph/changed').value
  const value = keys.map((clientState) => ({ ...notification, ...changed, clientState }))
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', url, headers, body: Buffer.from(JSON.stringify({ value })) }
}
