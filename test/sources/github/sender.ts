import { isUtf8 } from 'node:buffer'
import { createHmac } from 'node:crypto'
import examples from '@octokit/webhooks-examples/api.github.com/index.json' with { type: 'json' }
import { sign } from '@octokit/webhooks-methods'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, secret } from '../../support/factories.ts'

/** A real payload, as far as these tests look into it. */
type Payload = Record<string, unknown> & { issue: Record<string, unknown> }

/** Every payload that the package has, with its event. */
export const examplesOfGitHub = examples.flatMap(({ name, examples: payloads }) =>
  payloads.map((payload) => ({ event: name, payload: payload as unknown as Payload })),
)

/** The package's real `issues.reopened`, with what a test says of the issue. */
export function reopenedIssue(issue: Record<string, unknown> = {}): Payload {
  const example = examplesOfGitHub.find(({ event, payload }) => event === 'issues' && payload['action'] === 'reopened')
  if (!example) throw new Error('the package has no issues.reopened')
  return { ...example.payload, issue: { ...example.payload.issue, ...issue } }
}

/** The same closed: the package names the action and has no payload of it, so state and times are set as GitHub documents them. */
export function closedIssue(issue: Record<string, unknown> = {}): Payload {
  const closedAt = '2026-11-22T11:00:00Z'
  const closed = { state: 'closed', state_reason: 'completed', closed_at: closedAt, updated_at: closedAt, ...issue }
  return { ...reopenedIssue(closed), action: 'closed' }
}

/** A webhook as GitHub sends it, signed by GitHub's own library. */
export async function githubWebhook(
  payload: unknown,
  given: { event?: string; delivery?: string; url?: string; key?: string } = {},
): Promise<WebhookRequest> {
  const body = bodyOf(payload)
  return {
    method: 'POST',
    url: given.url ?? '/webhooks/github',
    headers: {
      'content-type': 'application/json',
      'x-github-event': given.event ?? 'issues',
      'x-github-delivery': given.delivery ?? '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': await signature(body, given.key ?? secret),
    },
    body,
  }
}

/** The library signs text with a key; whatever else a test sends is signed as it would. */
async function signature(body: Buffer, key: string): Promise<string> {
  const isSignable = key !== '' && body.length > 0 && isUtf8(body)
  return isSignable ? sign(key, body.toString()) : `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
}
