import { createRequire } from 'node:module'
import { bodyLimit, type SourceSettings } from '../../functions/receive/receive.ts'
import { sources as kinds } from '../../functions/sources/registry.ts'
import type { WebhookRequest } from '../../functions/sources/source.ts'
import { type EventType, eventTypes } from '../../functions/state/changes.ts'
import { credentials, type Given, schemes, signedByGithub, unsigned } from '../hostile/sender.ts'
import { asanaHandshake, asanaWebhook } from '../sources/asana/sender.ts'
import { clickupWebhook } from '../sources/clickup/sender.ts'
import { gitlabEvent, gitlabWebhook } from '../sources/gitlab/sender.ts'
import { jiraIssue, jiraWebhook } from '../sources/jira/sender.ts'
import { linearEvent, linearWebhook } from '../sources/linear/sender.ts'
import { mondayWebhook } from '../sources/monday/sender.ts'
import { graphWebhook } from '../sources/msgraph/sender.ts'
import { teamsWebhook } from '../sources/msteams/sender.ts'
import { notionHandshake, notionWebhook } from '../sources/notion/sender.ts'
import { callback, edit, message, reaction, slackWebhook } from '../sources/slack/sender.ts'
import { todoistWebhook } from '../sources/todoist/sender.ts'
import { trelloWebhook } from '../sources/trello/sender.ts'
import { applicationWebhook } from '../sources/vereinsantrag/sender.ts'
import { at, noon, secret } from '../support/factories.ts'
import { fixture } from '../support/fixture.ts'

/** A request, the source that it goes to, and the status that the contract gives it where that is the point. */
export type Sample = { name: string; request: WebhookRequest; source: SourceSettings; status?: number }

/** Sources as settings may have them. */
export const sources = {
  generic: { name: 'generic', kind: 'generic' },
  renamed: { name: 'tickets', kind: 'generic' },
  'pinned-bearer': { name: 'pinned-bearer', kind: 'generic', authentication: 'bearer' },
  'pinned-hmac': { name: 'pinned-hmac', kind: 'generic', authentication: 'hmac' },
  'pinned-standard-webhooks': {
    name: 'pinned-standard-webhooks',
    kind: 'generic',
    authentication: 'standard-webhooks',
  },
  'other-header': { name: 'other-header', kind: 'generic', signatureHeader: 'X-Club-Signature' },
  'only-completed': { name: 'only-completed', kind: 'generic', meanings: ['completed'] },
  'links-for-github': { name: 'links-for-github', kind: 'generic', linksFor: ['github'] },
  github: { name: 'github', kind: 'github' },
  'github-open': {
    name: 'github-open',
    kind: 'github',
    references: 'everyone',
    meanings: ['completed', 'reaction', 'text'],
  },
  'github-closed': { name: 'github-closed', kind: 'github', references: 'none' },
  gitlab: { name: 'gitlab', kind: 'gitlab' },
  jira: { name: 'jira', kind: 'jira' },
  linear: { name: 'linear', kind: 'linear' },
  slack: { name: 'slack', kind: 'slack' },
  'slack-open': { name: 'slack-open', kind: 'slack', meanings: ['reaction', 'text'] },
  'slack-closed': { name: 'slack-closed', kind: 'slack', references: 'none' },
  asana: { name: 'asana', kind: 'asana' },
  'asana-asked': { name: 'asana-asked', kind: 'asana', lookUps: true },
  clickup: { name: 'clickup', kind: 'clickup' },
  monday: { name: 'monday', kind: 'monday' },
  todoist: { name: 'todoist', kind: 'todoist' },
  trello: { name: 'trello', kind: 'trello' },
  cloudevents: { name: 'cloudevents', kind: 'cloudevents' },
  msgraph: { name: 'msgraph', kind: 'msgraph' },
  notion: { name: 'notion', kind: 'notion' },
  msteams: { name: 'msteams', kind: 'msteams', commands: { done: 'task.done' } },
  'standard-webhooks': { name: 'standard-webhooks', kind: 'standard-webhooks' },
  vereinsantrag: { name: 'vereinsantrag', kind: 'vereinsantrag', events: { ApplicationAccepted: 'task.done' } },
  'no-secret': { name: 'no-secret', kind: 'generic' },
  'no-secret-asana': { name: 'no-secret-asana', kind: 'asana' },
  'no-secret-notion': { name: 'no-secret-notion', kind: 'notion' },
  'no-secret-monday': { name: 'no-secret-monday', kind: 'monday' },
  'wrong-options': { name: 'wrong-options', kind: 'generic', authentication: 'none' },
  'unknown-kind': { name: 'unknown-kind', kind: 'telegraph' },
  'prototype-kind': { name: 'prototype-kind', kind: 'constructor' },
} as const satisfies Record<string, SourceSettings>
type SourceName = keyof typeof sources

const bearer = { authorization: `Bearer ${secret}` }

function sample(name: string, request: WebhookRequest, source: SourceName = 'generic', status?: number): Sample {
  const url = request.url.replace(/^\/webhooks\/[^/?]+/, `/webhooks/${sources[source].name}`)
  return { name, request: { ...request, url }, source: sources[source], ...(status !== undefined && { status }) }
}

/** Something of the generic source with a bearer token; what isn't text is written as JSON. */
function said(body: unknown, { headers, ...given }: Given = {}): WebhookRequest {
  const written = body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body)
  return unsigned(written, { ...given, headers: { ...bearer, ...headers } })
}

const file = {
  filename: 'a.pdf',
  filesize: 12345,
  mimetype: 'application/pdf',
  created: at(-60),
  googledownloadlink: 'https://x.example/a',
}
const own: Record<EventType, Record<string, unknown>> = {
  'task.done': {},
  'task.reopened': {},
  'reaction.added': { emoji: '👍' },
  'reaction.removed': { emoji: ' ❤️ ' },
  'text.edited': { text: 'Until Friday, „please“. \u0000\ud800\uffff' },
  'attachment.added': { attachment: file },
  'attachment.removed': { attachment: { id: 7, filename: 'a.pdf' } },
  'link.added': { object: 'ticket-7' },
  'link.removed': { object: 'ticket-7' },
}
const full = (type: EventType) => ({
  id: `evt-${type}`,
  type,
  occurredAt: at(-5),
  actor: 'anna',
  object: 'ticket-7',
  ...own[type],
})

const events = eventTypes.flatMap((type) => [
  sample(`${type} with the chat message in the payload`, said({ ...full(type), messageId: '42' })),
  sample(`${type} with the chat message as a number`, said({ ...full(type), messageId: 42 })),
  sample(`${type} with the chat message in the path`, said(full(type), { url: '/webhooks/generic/42' })),
  sample(
    `${type} with the chat message in both`,
    said({ ...full(type), messageId: '042' }, { url: '/webhooks/generic/42/?x=1' }),
  ),
  sample(`${type} of an object`, said(full(type))),
  sample(`${type} with nothing that it may leave out`, said({ type, ...own[type], messageId: 'm_1' })),
  sample(`${type} from a source that may only complete`, said({ ...full(type), messageId: '42' }), 'only-completed'),
  sample(
    `${type} in an envelope`,
    said({ specversion: '1.0', id: 'e', source: '/x', type, subject: '42', time: at(-1), data: own[type] }),
  ),
])

const spellings = [
  'done',
  'Task_Done',
  'task done',
  'CLOSED',
  'reopen',
  'task reopened',
  'unfinished',
  ' done ',
  'task::done',
].map((type) => sample(`a type that is written ${JSON.stringify(type)}`, said({ type, messageId: '42' })))

const proofs = schemes.flatMap((scheme) => {
  const body = JSON.stringify({ ...full('task.done'), id: undefined, messageId: '42' })
  const headers = credentials(scheme, Buffer.from(body))
  const forged = credentials(scheme, Buffer.from(body), 'Zm9yZ2Vk')
  return [
    sample(`signed by ${scheme}`, unsigned(body, { headers }), 'generic', 202),
    sample(`forged by ${scheme}`, unsigned(body, { headers: forged }), 'generic', 401),
    sample(`signed by ${scheme} for a source without a secret`, unsigned(body, { headers }), 'no-secret', 401),
    sample(`signed by ${scheme} for a source with wrong options`, unsigned(body, { headers }), 'wrong-options', 401),
    sample(`signed by ${scheme} for a source of another name`, unsigned(body, { headers }), 'renamed', 202),
    ...schemes.map((pinned) =>
      sample(
        `signed by ${scheme} where ${pinned} is asked for`,
        unsigned(body, { headers }),
        `pinned-${pinned}`,
        pinned === scheme ? 202 : 401,
      ),
    ),
  ]
})

const stale = credentials('standard-webhooks', Buffer.from('{}'))
const refused = [
  sample('no proof at all', unsigned('{}'), 'generic', 401),
  sample('an empty proof', unsigned('{}', { headers: { authorization: ' ', 'x-signature-256': '' } }), 'generic', 401),
  sample('another scheme than Bearer', unsigned('{}', { headers: { authorization: 'Basic eA==' } }), 'generic', 401),
  sample(
    'a token beside a wrong signature',
    said('{}', { headers: { 'x-signature-256': 'sha256=00' } }),
    'generic',
    401,
  ),
  sample(
    'a timestamp that is no number',
    unsigned('{}', { headers: { ...stale, 'webhook-timestamp': 'NaN' } }),
    'generic',
    401,
  ),
  sample(
    'a timestamp that is stale',
    unsigned('{}', { headers: { ...stale, 'webhook-timestamp': `${noon / 1000 - 301}` } }),
    'generic',
    401,
  ),
  sample(
    'a delivery without an id',
    unsigned('{}', { headers: { ...stale, 'webhook-id': undefined } }),
    'generic',
    401,
  ),
  sample(
    'a signature in a header of its own',
    unsigned('{}', { headers: { 'x-club-signature': 'sha256=00' } }),
    'other-header',
    401,
  ),
  sample('a source of a kind that does not exist', said({ type: 'done', messageId: 1 }), 'unknown-kind', 404),
  sample(
    'a source of a kind named like a member of every object',
    said({ type: 'done', messageId: 1 }),
    'prototype-kind',
    404,
  ),
  ...['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', ''].map((method) =>
    sample(`the method ${method || 'that is empty'}`, said({ type: 'done', messageId: 1 }, { method }), 'generic', 405),
  ),
  sample('the method post in small letters', said({ type: 'done', messageId: 1 }, { method: 'post' })),
  sample('a body of one byte too many', said(Buffer.alloc(bodyLimit + 1, ' ')), 'generic', 413),
  sample('a body of one byte too many, unsigned', unsigned(Buffer.alloc(bodyLimit + 1, ' ')), 'generic', 413),
  sample(
    'a body of all the bytes that it may have',
    said('{"type":"done","messageId":1}'.padEnd(bodyLimit)),
    'generic',
    202,
  ),
  sample(
    'more events than a queue message holds',
    said(Array(9000).fill({ type: 'done', messageId: 42 })),
    'generic',
    413,
  ),
  ...[
    undefined,
    '',
    'text/plain',
    'application/jsonp',
    'application/x-www-form-urlencoded',
    'application/json,application/json',
  ].map((type) =>
    sample(
      `the content type ${type || (type === '' ? 'that is empty' : 'that is missing')}`,
      said({ type: 'done', messageId: 1 }, { headers: { 'content-type': type } }),
      'generic',
      415,
    ),
  ),
  ...[
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/cloudevents+json',
    'application/problem+json;x',
  ].map((type) =>
    sample(
      `the content type ${type}`,
      said({ type: 'done', messageId: 1 }, { headers: { 'content-type': type } }),
      'generic',
      202,
    ),
  ),
]

const bodies = [
  ...[
    '',
    ' ',
    '{',
    '{"type":"done"',
    '{"type":"done",}',
    'null null',
    'NaN',
    '\ufeff{}',
    "{'type':'done'}",
    'done',
    '[',
    '"',
  ].map((body) => sample(`the body ${JSON.stringify(body)}`, said(body), 'generic', 400)),
  sample('bytes that are no text', said(Buffer.from([0xff, 0xfe, 0x00, 0x80])), 'generic', 400),
  sample(
    'a text with bytes that are no UTF-8',
    said(Buffer.from('{"type":"done","messageId":"42","actor":"\xff"}', 'latin1')),
  ),
  sample(
    'a key that would reach a prototype',
    said('{"type":"done","messageId":"42","__proto__":{"a":1}}'),
    'generic',
    400,
  ),
  sample(
    'a constructor with a prototype',
    said('{"type":"done","messageId":"42","constructor":{"prototype":{}}}'),
    'generic',
    400,
  ),
  sample('nesting beyond every stack', said('['.repeat(100_000)), 'generic', 400),
  sample('closed nesting beyond every stack', said(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'generic', 400),
  ...[
    'null',
    'true',
    '7',
    '"done"',
    '{}',
    '[[]]',
    '[null]',
    '{"type":null}',
    '{"type":"done"}',
    '{"type":"party","messageId":1}',
  ].map((body) => sample(`the JSON ${body}`, said(body), 'generic', 422)),
  sample('an array of nothing', said('[]'), 'generic', 200),
  sample(
    'a key that comes twice',
    said('{"type":"nothing","type":"done","messageId":"1","messageId":"2"}'),
    'generic',
    202,
  ),
  sample(
    'an array with one bad element',
    said([
      { type: 'done', messageId: 1 },
      { type: 'react', messageId: 2 },
    ]),
    'generic',
    422,
  ),
  sample('an array of several events', said(eventTypes.map((type) => ({ ...full(type), messageId: '42' })))),
  sample('an array without ids or times', said(Array(5).fill({ type: 'done', messageId: 42 })), 'generic', 202),
  sample(
    'another chat message in the path',
    said({ type: 'done', messageId: 43 }, { url: '/webhooks/generic/42' }),
    'generic',
    422,
  ),
  ...['%00', '%', '%zz', 'a%20b', 'a%2Fb', '~', '💥', 'x'.repeat(65)].map((segment) =>
    sample(
      `the path segment ${segment}`,
      said({ type: 'done' }, { url: `/webhooks/generic/${segment}` }),
      'generic',
      422,
    ),
  ),
  ...['0042', '%34%32', 'A-b_C', 'x'.repeat(64)].map((segment) =>
    sample(
      `the chat message ${segment}`,
      said({ type: 'done' }, { url: `/webhooks/generic/${segment}` }),
      'generic',
      202,
    ),
  ),
  ...[
    { messageId: 2 ** 53 },
    { messageId: -1 },
    { messageId: 1.5 },
    { messageId: [] },
    { messageId: 1, id: '' },
    { messageId: 1, id: 'x'.repeat(257) },
    { messageId: 1, actor: {} },
    { messageId: 1, object: true },
    { messageId: 1, occurredAt: 0 },
    { messageId: 1, occurredAt: '2026-02-30T00:00:00Z' },
  ].map((fields) =>
    sample(`the fields ${JSON.stringify(fields).slice(0, 60)}`, said({ type: 'done', ...fields }), 'generic', 422),
  ),
  ...[null, '', ' ', 7, [], 'x'.repeat(65)].map((emoji) =>
    sample(`the emoji ${JSON.stringify(emoji)}`, said({ type: 'react', messageId: 1, emoji }), 'generic', 422),
  ),
  ...[null, 7, 'é'.repeat(32 * 1024 + 1)].map((text) =>
    sample(`the text ${JSON.stringify(text).slice(0, 20)}`, said({ type: 'edit', messageId: 1, text }), 'generic', 422),
  ),
  ...[null, 'a.pdf', [], {}, { filename: '' }, { filename: 'x'.repeat(513) }, { filename: 'a', created: 'now' }].map(
    (attachment) =>
      sample(
        `the attachment ${JSON.stringify(attachment).slice(0, 40)}`,
        said({ type: 'attach', messageId: 1, attachment }),
        'generic',
        422,
      ),
  ),
]

const cloudEvents = [
  sample(
    'an envelope in headers',
    said(
      {},
      {
        headers: {
          'ce-specversion': '1.0',
          'ce-id': 'e',
          'ce-type': 'task.done',
          'ce-subject': '%34%32',
          'ce-source': '/x',
        },
      },
    ),
    'generic',
    202,
  ),
  sample(
    'an envelope in headers around an array',
    said([], { headers: { 'ce-specversion': '1.0', 'ce-type': 'done' } }),
  ),
  sample(
    'a batch of envelopes',
    said([1, 2].map((id) => ({ specversion: '1.0', id, type: 'done', subject: '42', source: '/x' }))),
  ),
  sample(
    'an envelope around nothing',
    said({ specversion: '1.0', id: 'e', type: 'com.example.party' }),
    'generic',
    422,
  ),
]

const link = { type: 'link.added', object: 'club/site#7', messageId: 42 }
const links = [
  sample('a link without its chat message', said({ type: 'link', object: 'ticket-7' }), 'generic', 422),
  sample('a link of an object of nobody’s', said({ ...link, source: '' }), 'generic', 422),
  sample('a link of its own object, named so', said({ ...link, source: 'generic' }), 'generic', 202),
  sample('a link of another source’s object', said({ ...link, source: 'github' }), 'generic', 200),
  sample('a link that the option allows', said({ ...link, source: 'github' }), 'links-for-github', 202),
  sample(
    'links of whom it may and whom it may not',
    said([{ ...link, source: 'slack' }, link]),
    'links-for-github',
    202,
  ),
]

const issue = {
  number: 7,
  title: 'Roof',
  body: 'See chatroom_message/42 and chatroom-message:43.',
  author_association: 'MEMBER',
  updated_at: at(-3),
}
const hub = { action: 'closed', issue, repository: { full_name: 'club/site' }, sender: { login: 'anna' } }
const text = 'x'.repeat(64 * 1024 + 1)
const github = (['github', 'github-open', 'github-closed'] as const).flatMap((source) => [
  sample(`a closed issue for ${source}`, signedByGithub(JSON.stringify(hub)), source),
  sample(
    `a closed issue of a stranger for ${source}`,
    signedByGithub(JSON.stringify({ ...hub, issue: { ...issue, author_association: 'NONE' } })),
    source,
  ),
  sample(
    `a label for ${source}`,
    signedByGithub(JSON.stringify({ ...hub, issue: { number: 1, labels: [{ name: 'chatroom-message: 9' }] } })),
    source,
  ),
  sample(`an opened issue for ${source}`, signedByGithub(JSON.stringify({ ...hub, action: 'opened' })), source),
  sample(`an edited issue for ${source}`, signedByGithub(JSON.stringify({ ...hub, action: 'edited' })), source),
  sample(
    `an edited issue that is too long for ${source}`,
    signedByGithub(JSON.stringify({ ...hub, action: 'edited', issue: { ...issue, body: text } }), {
      url: '/webhooks/github/42',
    }),
    source,
  ),
  sample(
    `an edited comment for ${source}`,
    signedByGithub(JSON.stringify({ ...hub, action: 'edited', comment: { body: 'x' } }), {
      headers: { 'x-github-event': 'issue_comment' },
    }),
    source,
  ),
  sample(
    `a path for ${source}`,
    signedByGithub(JSON.stringify(hub), { url: '/webhooks/github/77', headers: { 'x-github-delivery': 'd-1' } }),
    source,
    202,
  ),
  sample(
    `a path that is no chat message for ${source}`,
    signedByGithub(JSON.stringify(hub), { url: '/webhooks/github/~' }),
    source,
    200,
  ),
  sample(
    `a form for ${source}`,
    signedByGithub(`payload=${encodeURIComponent(JSON.stringify(hub))}`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
    source,
  ),
  sample(
    `a form without a payload for ${source}`,
    signedByGithub('x=1', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    source,
    400,
  ),
  sample(`malformed JSON for ${source}`, signedByGithub('{'), source, 400),
  sample(
    `another content type for ${source}`,
    signedByGithub('{}', { headers: { 'content-type': 'text/plain' } }),
    source,
    415,
  ),
  sample(`no event for ${source}`, signedByGithub('{}', { headers: { 'x-github-event': undefined } }), source, 200),
  sample(
    `a forged signature for ${source}`,
    signedByGithub('{}', { headers: { 'x-hub-signature-256': 'sha256=00' } }),
    source,
    401,
  ),
])

const challenge = { token: 'XXYYZZ', challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' }
const referring = message('See <https://club.example/chatroom_message/42|here> and chatroom-message:43.')
const slack = (['slack', 'slack-open', 'slack-closed'] as const).flatMap((source) =>
  (
    [
      ['a reaction', callback(reaction()), {}, 202],
      [
        'a reaction taken away',
        callback(reaction({ type: 'reaction_removed', reaction: 'wave::skin-tone-4' })),
        {},
        202,
      ],
      ['a reaction of one’s own', callback(reaction({ reaction: 'party_parrot' })), {}, 200],
      ['a reaction to a chat message', callback(reaction()), { url: '/webhooks/slack/42' }, 202],
      ['a reaction to what is no chat message', callback(reaction()), { url: '/webhooks/slack/~' }, 200],
      ['a message', callback(referring), {}, undefined],
      ['a message, with a path', callback(referring), { url: '/webhooks/slack/42' }, undefined],
      ['an edited message', callback(edit('chatroom_message/42', '')), {}, undefined],
      ['a deleted message', callback(message('', { subtype: 'message_deleted' })), {}, 200],
      ['a handshake', { ...challenge, type: 'url_verification' }, {}, 200],
      ['a handshake without a challenge', { type: 'url_verification' }, {}, 200],
      ['something new', callback({ type: 'pigeon_arrived' }), {}, 200],
      ['a stale stamp', callback(reaction()), { timestamp: `${noon / 1000 - 301}` }, 401],
      ['another secret', callback(reaction()), { key: 'x' }, 401],
    ] as const
  ).map(([name, payload, given, status]) =>
    sample(`${name} for ${source}`, slackWebhook(payload, given), source, status),
  ),
)

const gitlab = [sample('a closed issue of GitLab’s', gitlabWebhook(gitlabEvent('issue')), 'gitlab', 202)]

const jira = [sample('a finished issue of Jira’s', jiraWebhook(jiraIssue()), 'jira', 202)]

const linear = [sample('a completed issue of Linear’s', linearWebhook(linearEvent('issue')), 'linear', 200)]
const clickup = [
  sample('a task that is done in ClickUp', clickupWebhook(fixture('clickup/status')), 'clickup', 202),
  sample('a task of another ClickUp', clickupWebhook(fixture('clickup/status'), { key: 'x' }), 'clickup', 403),
]

const monday = [
  sample('an item that is done in monday.com', mondayWebhook(fixture('monday/status')), 'monday', 202),
  sample('an item of a stale token', mondayWebhook(fixture('monday/status'), { exp: noon / 1000 }), 'monday', 401),
  sample('monday.com’s handshake', { ...mondayWebhook({ challenge: 'x' }), headers: {} }, 'monday', 200),
]

const asana = [
  sample('a task that is done in Asana', asanaWebhook(fixture('asana/completed')), 'asana', 202),
  sample('a task that is looked up', asanaWebhook(fixture('asana/completed')), 'asana-asked', 202),
  sample('a task of another Asana', asanaWebhook(fixture('asana/completed'), { key: 'x' }), 'asana', 401),
]

const notion = [
  sample('a page that changed in Notion', notionWebhook(fixture('notion/properties-updated')), 'notion', 200),
  sample('a page of another Notion', notionWebhook({ id: 'e', type: 'page.created' }, { key: 'x' }), 'notion', 401),
]

const graph = [
  sample('a task that changed in Microsoft Graph', graphWebhook(), 'msgraph', 200),
  sample('a change notification of nobody’s', graphWebhook({ keys: [secret, 'x'] }), 'msgraph', 401),
]

const token = unsigned('', { url: '/webhooks/msgraph?validationToken=Validation%3a+x' })
const brought = 'a secret that a handshake brings'.replaceAll(' ', '-')
const handshakes = [
  sample('Graph’s validation token', token, 'msgraph', 200),
  sample('the OPTIONS before a CloudEvent', options({ 'webhook-request-origin': 'a.example' }), 'cloudevents', 200),
  sample('an OPTIONS without an origin', options({}), 'cloudevents', 405),
  sample('monday.com’s handshake before a secret', mondayWebhook({ challenge: 'x' }), 'no-secret-monday', 200),
  sample('a secret that Asana brings', asanaHandshake(brought), 'no-secret-asana', 200),
  sample('a secret that Asana brings again', asanaHandshake(secret), 'asana', 200),
  sample('a second secret of Asana', asanaHandshake(brought), 'asana', 401),
  sample('no secret of Asana', asanaHandshake('x y'), 'no-secret-asana', 401),
  sample('a token that Notion brings', notionHandshake(brought), 'no-secret-notion', 200),
  sample('a second token of Notion', notionHandshake(brought), 'notion', 401),
]

function options(headers: Record<string, string>): WebhookRequest {
  return { method: 'OPTIONS', url: '/webhooks/cloudevents', headers, body: Buffer.from('') }
}

const todoist = [
  sample('a task that is done in Todoist', todoistWebhook(fixture('todoist/completed')), 'todoist', 200),
  sample('a task of nobody’s', todoistWebhook(fixture('todoist/completed'), { key: 'x' }), 'todoist', 401),
]

const trello = [
  sample('a card that is done in Trello', trelloWebhook(fixture('trello/due-complete')), 'trello', 202),
  sample('a card that refers to a chat message', trelloWebhook(fixture('trello/described')), 'trello', 202),
  sample('a card that Trello signed for another URL', trelloWebhook({}, { callbackUrl: 'https://x' }), 'trello', 403),
  sample('the HEAD before a webhook of Trello’s', { ...trelloWebhook(''), method: 'HEAD' }, 'trello', 200),
]
const standardWebhooks = Object.entries({
  done: { type: 'task.done', timestamp: at(-5), data: { messageId: 42 } },
  text: { type: 'text.edited', messageId: 42, text },
  party: { type: 'party', data: {} },
}).map(([name, payload]) => {
  const body = JSON.stringify(payload)
  const headers = credentials('standard-webhooks', Buffer.from(body))
  const status = name === 'done' ? 202 : 200
  return sample(`Standard Webhooks: ${name}`, unsigned(body, { headers }), 'standard-webhooks', status)
})

const envelope = { specversion: '1.0', id: 'e', source: '/shop', type: 'task.done', subject: '42', time: at(-5) }
const inHeaders = Object.fromEntries(Object.entries(envelope).map(([name, value]) => [`ce-${name}`, value]))
const ofCloudEvents = [
  sample('a CloudEvent', said(envelope), 'cloudevents', 202),
  sample('a batch of CloudEvents', said([envelope, { ...envelope, type: 'party' }]), 'cloudevents', 202),
  sample(
    'a CloudEvent in headers alone',
    said('', { headers: { ...inHeaders, 'content-type': undefined } }),
    'cloudevents',
    202,
  ),
  sample('a CloudEvent of nothing', said({ ...envelope, id: '' }), 'cloudevents', 422),
  sample(
    'a CloudEvent with its token in the query',
    unsigned(JSON.stringify(envelope), { url: `/webhooks/cloudevents?access_token=${secret}` }),
    'cloudevents',
    202,
  ),
]

const teams = ['done', 'chatroom_message/42', 'hello'].map((words) =>
  sample(
    `“${words}” to Teams`,
    teamsWebhook({ type: 'message', id: '1', text: `<at>Bridge</at> ${words}`, conversation: { id: '19:a@thread' } }),
    'msteams',
    200,
  ),
)

const applications = (['ApplicationAccepted', 'ApplicationRejected'] as const).map((event) =>
  sample(
    `${event} of Vereinsantrag`,
    applicationWebhook({ event, url: '/webhooks/vereinsantrag/42' }),
    'vereinsantrag',
    event === 'ApplicationAccepted' ? 202 : 200,
  ),
)

/** Kinds that come later are held equal too, as far as a request can say that knows nothing of them. */
const everyKind = Object.keys(kinds).flatMap((kind) => {
  const source = { name: kind, kind }
  const url = `/webhooks/${kind}`
  return [
    { name: `an unsigned request of kind ${kind}`, request: unsigned('{"type":"done"}', { url }), source },
    { name: `bytes of kind ${kind}`, request: unsigned(Buffer.from([0xff, 0]), { url: `${url}/42` }), source },
    {
      name: `a bearer token of kind ${kind}`,
      request: said('{"type":"done"}', { url: `${url}/42?x=${secret}` }),
      source,
    },
    { name: `a DELETE of kind ${kind}`, request: said('', { url, method: 'DELETE' }), source },
  ]
})

export const corpus: Sample[] = [
  ...events,
  ...spellings,
  ...proofs,
  ...refused,
  ...bodies,
  ...cloudEvents,
  ...links,
  ...github,
  ...gitlab,
  ...jira,
  ...linear,
  ...slack,
  ...asana,
  ...notion,
  ...graph,
  ...handshakes,
  ...clickup,
  ...monday,
  ...todoist,
  ...trello,
  ...standardWebhooks,
  ...ofCloudEvents,
  ...teams,
  ...applications,
  ...everyKind,
]

type Published = { name: string; examples: unknown[] }[]
const published: Published = createRequire(import.meta.url)('@octokit/webhooks-examples')

/** Every payload that GitHub's documentation collected, for a source whose issues are open to everyone. */
export const githubExamples: Sample[] = published.flatMap(({ name, examples }) =>
  examples.map((payload, index) =>
    sample(
      `${name} ${index}`,
      signedByGithub(JSON.stringify(payload), { url: '/webhooks/github/42', headers: { 'x-github-event': name } }),
      'github-open',
    ),
  ),
)
