import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import attachment from '../../fixtures/linear/attachment-create.json' with { type: 'json' }
import comment from '../../fixtures/linear/comment-update.json' with { type: 'json' }
import issue from '../../fixtures/linear/issue-update.json' with { type: 'json' }
import reaction from '../../fixtures/linear/reaction-create.json' with { type: 'json' }
import { bodyOf, secret } from '../../support/factories.ts'

/** Payloads of the form that https://linear.app/developers/webhooks describes, sent at noon. */
const examples = { attachment, comment, issue, reaction }

/** A payload with what a test says of its data, and of the event. */
export function linearEvent(
  example: keyof typeof examples,
  data: Record<string, unknown> = {},
  given: Record<string, unknown> = {},
) {
  const payload = examples[example]
  return { ...payload, data: { ...payload.data, ...data }, ...given }
}

/** A webhook as Linear sends it. */
export function linearWebhook(
  payload: unknown,
  {
    url = '/webhooks/linear',
    key = secret,
    headers = {},
  }: { url?: string; key?: string; headers?: Record<string, string> } = {},
): WebhookRequest {
  const body = bodyOf(payload)
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'linear-delivery': '234d1a4e-b617-4388-90fe-adc3633d6b72',
      'linear-event': 'Issue',
      'linear-signature': createHmac('sha256', key).update(body).digest('hex'),
      ...headers,
    },
    body,
  }
}
