import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import attachment from '../../fixtures/jira/attachment-created.json' with { type: 'json' }
import comment from '../../fixtures/jira/comment-updated.json' with { type: 'json' }
import issue from '../../fixtures/jira/issue-updated.json' with { type: 'json' }
import { bodyOf, secret } from '../../support/factories.ts'

/** Payloads of the form that Cloud sends (https://developer.atlassian.com/cloud/jira/platform/webhooks/), abridged. */
export const examplesOfJira = { attachment, comment, issue }

/** A change of an issue, as its changelog has it. */
export type JiraItem = { field: string; from?: string | null; fromString?: string | null; to?: string | null }

/** An updated issue with these changes and fields, and what else a test says of the event. */
export function jiraIssue(
  items: JiraItem[] = issue.changelog.items,
  fields: Record<string, unknown> = {},
  given: Record<string, unknown> = {},
) {
  const changed = { ...issue.issue, fields: { ...issue.issue.fields, ...fields } }
  return { ...issue, issue: changed, changelog: { id: '34911', items }, ...given }
}

/** A status as an issue has it, of one of Jira's categories: new, indeterminate or done. */
export function jiraStatus(key: string) {
  return { status: { id: '1', name: 'x', statusCategory: { id: 1, key, name: 'x' } } }
}

/** A webhook as Jira sends it. */
export function jiraWebhook(
  payload: unknown,
  {
    url = '/webhooks/jira',
    key = secret,
    headers = {},
  }: { url?: string; key?: string; headers?: Record<string, string> } = {},
): WebhookRequest {
  const body = bodyOf(payload)
  return {
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'x-atlassian-webhook-identifier': '1b5f4a3e-5d5c-4a55-9a2b-7a4cc2b4a0c1',
      'x-atlassian-webhook-flow': 'Primary',
      'x-hub-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
      ...headers,
    },
    body,
  }
}
