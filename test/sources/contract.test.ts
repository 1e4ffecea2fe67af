import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receive, type SourceSettings } from '../../functions/receive.ts'
import { sources } from '../../functions/sources/index.ts'
import type { WebhookRequest } from '../../functions/sources/source.ts'
import { standardWebhooksSignature } from '../hostile/sender.ts'
import { asanaWebhook } from '../support/asana.ts'
import { clickupWebhook } from '../support/clickup.ts'
import { at, context, noon, secret } from '../support/factories.ts'
import { fixture } from '../support/fixture.ts'
import { closedIssue, githubWebhook } from '../support/github.ts'
import { gitlabEvent, gitlabSignature, gitlabWebhook } from '../support/gitlab.ts'
import { jiraIssue, jiraWebhook } from '../support/jira.ts'
import { linearEvent, linearWebhook } from '../support/linear.ts'
import { mondayWebhook } from '../support/monday.ts'
import { graphWebhook } from '../support/msgraph.ts'
import { teamsWebhook } from '../support/msteams.ts'
import { notionWebhook } from '../support/notion.ts'
import { callback, reaction, slackWebhook } from '../support/slack.ts'
import { todoistWebhook } from '../support/todoist.ts'
import { trelloWebhook } from '../support/trello.ts'
import { applicationWebhook } from '../support/vereinsantrag.ts'

const other = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const ours = { id: 'e1', type: 'task.done', messageId: '42', occurredAt: at(-60) }

function signed(kind: string, event: object, key: string): WebhookRequest {
  const body = Buffer.from(JSON.stringify(event))
  const signature = `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
  const headers = { 'content-type': 'application/json', 'x-signature-256': signature }
  return { method: 'POST', url: `/webhooks/${kind}`, headers, body }
}

/** GitHub's own library signs with no empty key. */
async function github(key: string): Promise<WebhookRequest> {
  const { headers, ...request } = await githubWebhook(closedIssue({ author_association: 'OWNER' }))
  const signature = `sha256=${createHmac('sha256', key).update(request.body).digest('hex')}`
  return { ...request, headers: { ...headers, 'x-hub-signature-256': signature } }
}

function gitlab(key: string): WebhookRequest {
  const payload = gitlabEvent('issue', { action: 'close' })
  const { headers, ...request } = gitlabWebhook(payload)
  const { 'x-gitlab-token': _, ...rest } = headers
  return { ...request, headers: { ...rest, ...gitlabSignature(JSON.stringify(payload), { key }) } }
}

function standardWebhooks(key: string): WebhookRequest {
  const { headers, ...request } = signed('standard-webhooks', { type: 'task.done', data: { messageId: '42' } }, key)
  const proof = { id: 'msg_1', timestamp: `${noon / 1000}` }
  const signature = standardWebhooksSignature(Buffer.from(request.body), { ...proof, key })
  const own = { 'webhook-id': proof.id, 'webhook-timestamp': proof.timestamp, 'webhook-signature': signature }
  return { ...request, headers: { 'content-type': headers['content-type'] ?? '', ...own } }
}

/** A webhook of every kind that says something, signed with a key; and the options that it says it by. */
const kinds: Record<string, { webhook: (key: string) => WebhookRequest | Promise<WebhookRequest>; options?: object }> =
  {
    asana: { webhook: (key) => asanaWebhook(fixture('asana/completed'), { key }) },
    clickup: { webhook: (key) => clickupWebhook(fixture('clickup/status'), { key }) },
    cloudevents: {
      webhook: (key) => signed('cloudevents', { specversion: '1.0', source: 'here', ...ours, data: ours }, key),
    },
    generic: { webhook: (key) => signed('generic', ours, key) },
    github: { webhook: github },
    gitlab: { webhook: gitlab },
    jira: { webhook: (key) => jiraWebhook(jiraIssue(), { key }) },
    linear: { webhook: (key) => linearWebhook(linearEvent('issue'), { key }) },
    monday: { webhook: (key) => mondayWebhook(fixture('monday/status'), { key }) },
    msgraph: { webhook: (key) => graphWebhook({ keys: [key] }) },
    msteams: {
      webhook: (key) => teamsWebhook(fixture('msteams/message'), { key }),
      options: { commands: { done: 'task.done', erledigt: 'task.done' } },
    },
    notion: { webhook: (key) => notionWebhook(fixture('notion/properties-updated'), { key }) },
    slack: { webhook: (key) => slackWebhook(callback(reaction()), { key }) },
    'standard-webhooks': { webhook: standardWebhooks },
    todoist: { webhook: (key) => todoistWebhook(fixture('todoist/completed'), { key }) },
    trello: { webhook: (key) => trelloWebhook(fixture('trello/moved-to-done'), { key }) },
    vereinsantrag: {
      webhook: (key) => applicationWebhook({ key, url: '/webhooks/vereinsantrag/42' }),
      options: { events: { ApplicationAccepted: 'task.done' } },
    },
  }

/** monday.com's token says who sends, and nothing of what. */
const bodyIsNotSigned = ['monday']
/** Microsoft Graph's secret stands in the body, which nothing signs. */
const proofIsInBody = ['msgraph']
/** What these kinds send has ids only, so nothing happens by it. */
const saysNothing = ['msgraph', 'notion']

describe('every kind of source', () => {
  it('is in this table', () => {
    expect(Object.keys(kinds).sort()).toEqual(Object.keys(sources).sort())
  })
})

describe.each(Object.keys(sources))('a webhook of kind %s', (kind) => {
  const { webhook, options } = kinds[kind] as (typeof kinds)[string]
  const source: SourceSettings = { ...options, name: kind, kind }
  const refusal = sources[kind]?.refusal ?? 401
  const refused = { response: { status: refusal }, events: [], updates: [], objectUpdates: [], links: [] }

  it('is taken for what it says', async () => {
    const { response, events } = await receive(await webhook(secret), source, context())
    expect([200, 202]).toContain(response.status)
    expect(events.length > 0).toBe(!saysNothing.includes(kind))
  })

  it('is taken with the older of two secrets', async () => {
    const { response } = await receive(await webhook(secret), source, context({ secrets: [other, secret] }))
    expect([200, 202]).toContain(response.status)
  })

  it.each([
    ['another secret', [other]],
    ['no secret', []],
    ['an empty secret', ['']],
  ])('is refused with %s', async (_, secrets) => {
    expect(await receive(await webhook(secret), source, context({ secrets }))).toMatchObject(refused)
  })

  it('is refused when it is signed with an empty key', async () => {
    expect(await receive(await webhook(''), source, context({ secrets: ['', other] }))).toMatchObject(refused)
  })

  it('is refused without what proves it', async () => {
    const { headers, ...request } = await webhook(secret)
    const bare = { 'content-type': 'application/json', ...(headers['host'] && { host: headers['host'] }) }
    const body = proofIsInBody.includes(kind) ? Buffer.from('{"value":[{}]}') : request.body
    expect(await receive({ ...request, headers: bare, body }, source, context())).toMatchObject(refused)
  })

  const isSigned = !bodyIsNotSigned.includes(kind)
  const where = proofIsInBody.includes(kind) ? 'of its proof changed' : 'changed, wherever it stands'
  it(`is ${isSigned ? 'refused' : 'taken, as its provider proves no more,'} with a byte ${where}`, async () => {
    const request = await webhook(secret)
    const start = proofIsInBody.includes(kind) ? Buffer.from(request.body).indexOf(secret) : 0
    const end = start === 0 ? request.body.length : start + secret.length
    const step = Math.max(1, Math.floor((end - start) / 40))
    for (let index = start; index < end; index += step) {
      const body = Buffer.from(request.body)
      body[index] = (body[index] ?? 0) ^ 1
      const { response } = await receive({ ...request, body }, source, context())
      expect(response.status === refusal).toBe(isSigned)
    }
  })

  it('says the same when it is sent again', async () => {
    const request = await webhook(secret)
    const { response: _, ...first } = await receive(request, source, context())
    const { response: __, ...again } = await receive(request, source, context())
    expect(again).toEqual(first)
  })
})
