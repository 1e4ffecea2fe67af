import type { WebhookRequest } from '../../../functions/sources/source.ts'
import emoji from '../../fixtures/gitlab/emoji.json' with { type: 'json' }
import issue from '../../fixtures/gitlab/issue.json' with { type: 'json' }
import mergeRequest from '../../fixtures/gitlab/merge-request.json' with { type: 'json' }
import note from '../../fixtures/gitlab/note.json' with { type: 'json' }
import { standardWebhooksSignature } from '../../hostile/sender.ts'
import { bodyOf, noon, secret } from '../../support/factories.ts'

/** Payloads of the form that https://docs.gitlab.com/user/project/integrations/webhook_events/ shows, abridged. */
export const examplesOfGitlab = { emoji, issue, mergeRequest, note }

/** A payload with what a test says of what it is about. */
export function gitlabEvent(
  example: keyof typeof examplesOfGitlab,
  attributes: Record<string, unknown> = {},
  given: Record<string, unknown> = {},
) {
  const payload = examplesOfGitlab[example]
  return { ...payload, object_attributes: { ...payload.object_attributes, ...attributes }, ...given }
}

/** The headers that prove a body to be GitLab's by its signing token; as for every delivery, both ids are the same. */
export function gitlabSignature(
  body: string | Uint8Array,
  { id = 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f', key = secret, at = noon } = {},
) {
  const timestamp = `${at / 1000}`
  return {
    'idempotency-key': id,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': standardWebhooksSignature(Buffer.from(body), { id, timestamp, key }),
  }
}

/** A webhook as GitLab sends it with a secret token. */
export function gitlabWebhook(
  payload: unknown,
  {
    url = '/webhooks/gitlab',
    key = secret,
    headers = {},
  }: { url?: string; key?: string; headers?: Record<string, string> } = {},
): WebhookRequest {
  const proof = {
    'x-gitlab-token': key,
    'idempotency-key': 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f',
    'x-gitlab-event-uuid': '13792a34-cac6-4fda-95a8-c58e00a3954e',
  }
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...proof, ...headers },
    body: bodyOf(payload),
  }
}
