import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, secret } from '../../support/factories.ts'
import { examplesOfJira, type JiraItem, jiraIssue, jiraStatus, jiraWebhook } from './sender.ts'

const source = { name: 'jira', kind: 'jira' }
const eventId = '1b5f4a3e-5d5c-4a55-9a2b-7a4cc2b4a0c1'

async function send(payload: unknown, options: object = {}, given: Parameters<typeof jiraWebhook>[1] = {}) {
  const reception = await receive(jiraWebhook(payload, given), { ...source, ...options }, context())
  const { ignored } = JSON.parse(reception.response.body ?? '') as { ignored: { reason: string }[] }
  return { ...reception, status: reception.response.status, reasons: ignored.map(({ reason }) => reason) }
}

describe('an issue in Jira', () => {
  it('done completes the chat message that it refers to, and is linked to it', async () => {
    const { status, updates, links, objectUpdates, events } = await send(jiraIssue())
    const happened = { eventId, occurredAt: '2026-11-22T11:00:00.123Z', actor: '5b10a2844c20165700ede21g' }
    const change = { kind: 'completed', value: true }
    const update = { ...happened, source: 'jira', receivedAt: '2026-11-22T12:00:00.000Z', change }
    expect([status, updates]).toEqual([202, [{ ...update, messageId: '42' }]])
    expect(objectUpdates).toEqual([{ ...update, object: 'CLUB-6' }])
    expect(links).toEqual([
      { object: 'CLUB-6', messageId: '42', present: true, eventId, occurredAt: happened.occurredAt },
    ])
    expect(events).toEqual([{ ...happened, type: 'task.done', change, object: 'CLUB-6', messageIds: ['42'] }])
  })

  const status = (fromString: string): JiraItem => ({ field: 'status', from: '1', fromString, to: '2' })
  const resolution = (from: string | null, to: string | null): JiraItem => ({ field: 'resolution', from, to })
  it.each<[string, JiraItem[], string, string | undefined]>([
    ['a status of the category done', [status('In Progress')], 'done', 'task.done'],
    ['a resolution alone', [resolution(null, '1')], 'indeterminate', 'task.done'],
    ['another resolution', [resolution('1', '2')], 'done', undefined],
    ['a resolution taken back', [resolution('1', null)], 'done', 'task.reopened'],
    ['a resolution taken back with a status', [resolution('1', null), status('Anything')], 'new', 'task.reopened'],
    ['a status out of Done', [status('Done')], 'indeterminate', 'task.reopened'],
    ['a status out of Fertig', [status('FERTIG')], 'new', 'task.reopened'],
    ['a status from one that is open to another', [status('To Do')], 'indeterminate', undefined],
    ['another field', [{ field: 'assignee', from: null, to: 'x' }], 'done', undefined],
  ])('with %s', async (_, items, category, type) => {
    const { events } = await send(jiraIssue(items, jiraStatus(category)), { references: 'none' })
    expect(events.map((event) => event.type)).toEqual(type === undefined ? [] : [type])
  })

  it('is reopened out of the statuses that the option names', async () => {
    const left = jiraIssue([status('Shipped')], jiraStatus('indeterminate'))
    expect((await send(left)).events).toMatchObject([{ type: 'link.added' }])
    expect((await send(left, { doneStatuses: ['SHIPPED'] })).updates).toMatchObject([{ change: { value: false } }])
  })

  it.each<[string, Record<string, unknown>]>([
    ['its title', { summary: 'chatroom_message/42' }],
    ['a label', { labels: ['roof', 'chatroom-message:42'] }],
    ['a field of the project’s own', { customfield_10042: 'https://club.example/chatroom_message/42' }],
  ])('teaches what it refers to in %s when it is created', async (_, fields) => {
    const created = jiraIssue([], { description: null, ...fields }, { webhookEvent: 'jira:issue_created' })
    expect(await send(created)).toMatchObject({
      status: 202,
      links: [{ object: 'CLUB-6', messageId: '42' }],
      events: [{ type: 'link.added' }],
    })
    expect(await send(created, { references: 'none' })).toMatchObject({ status: 200, links: [], events: [] })
  })

  it('asks for it at the chat message of the URL alone', async () => {
    const { updates, objectUpdates } = await send(jiraIssue(), {}, { url: '/webhooks/jira/7' })
    expect([updates.map(({ messageId }) => messageId), objectUpdates]).toEqual([['7'], []])
  })
})

describe('a text edited in Jira', () => {
  const edited: JiraItem = { field: 'description', from: null, fromString: 'before' }

  it('is reported, and edits the chat message only where the option adds it', async () => {
    const payload = jiraIssue([edited], { description: 'Until Monday: chatroom_message/42' })
    const change = { kind: 'text', text: 'Until Monday: chatroom_message/42' }
    const { events, updates, reasons } = await send(payload)
    expect(events).toMatchObject([{ type: 'text.edited', change }])
    expect([updates, reasons]).toEqual([[], ['jira may not change text (option meanings)']])
    expect((await send(payload, { meanings: ['text'] })).updates).toMatchObject([{ messageId: '42', change }])
  })

  it('with a status in one change is both', async () => {
    const { events } = await send(jiraIssue([...examplesOfJira.issue.changelog.items, edited]))
    expect(events.map(({ type }) => type)).toEqual(['task.done', 'text.edited'])
  })

  it('never edits the chat message when it is a title’s or a comment’s, and teaches what it refers to', async () => {
    const { issue, comment } = examplesOfJira.comment
    const onServer = {
      webhookEvent: 'jira:issue_updated',
      issue_event_type_name: 'issue_comment_edited',
      issue,
      comment,
    }
    for (const [payload, text, messageId] of [
      [jiraIssue([{ field: 'summary' }]), 'Mend the roof', '42'],
      [examplesOfJira.comment, 'As in chatroom-message:43', '43'],
      [onServer, 'As in chatroom-message:43', '43'],
    ] as const) {
      const { events, updates, objectUpdates, links } = await send(payload, { meanings: ['text'] })
      expect(events).toMatchObject([{ type: 'text.edited', change: { text } }])
      expect([updates, objectUpdates]).toEqual([[], []])
      expect(links).toMatchObject([{ messageId }])
    }
  })

  it('is by who edited the comment', async () => {
    const { events } = await send(examplesOfJira.comment)
    expect(events).toMatchObject([{ actor: '5b912e21fa38ae2c896099af', object: 'CLUB-28' }])
  })

  it('in a form that is no text is no text', async () => {
    const document = { type: 'doc', version: 1, content: [] }
    const { events } = await send(jiraIssue([edited], { description: document }))
    expect(events).toEqual([])
  })
})

describe('a file in Jira', () => {
  const { attachment } = examplesOfJira
  const file = {
    id: '10000',
    filename: 'roof.jpg',
    filesize: '23123',
    mimetype: 'image/jpeg',
    created: '2026-11-22T10:59:59.803Z',
  }

  it('of an event that names no issue is for the chat message of the URL, where the option adds files', async () => {
    const change = { kind: 'attachment', attachment: file, present: true }
    const { events, status } = await send(attachment)
    expect([status, events]).toMatchObject([200, [{ type: 'attachment.added', change, messageIds: [] }]])
    const given = { url: '/webhooks/jira/42' }
    const { updates } = await send(attachment, { meanings: ['attachment'] }, given)
    expect(updates).toMatchObject([{ messageId: '42', actor: '5b10a2844c20165700ede21g', change }])
    const removed = await send({ ...attachment, webhookEvent: 'attachment_deleted' }, {}, given)
    expect(removed.events).toMatchObject([{ type: 'attachment.removed', change: { present: false } }])
  })

  it('of a changed issue is the issue’s', async () => {
    const added = jiraIssue([{ field: 'Attachment', from: null, to: '10000' }], { attachment: [attachment.attachment] })
    expect((await send(added, { meanings: ['attachment'] })).updates).toMatchObject([
      { messageId: '42', change: { kind: 'attachment', attachment: file, present: true } },
    ])
    const removed = jiraIssue([{ field: 'Attachment', from: '10000', fromString: 'roof.jpg', to: null }])
    expect((await send(removed)).events).toMatchObject([
      { type: 'attachment.removed', object: 'CLUB-6', change: { attachment: { id: '10000', filename: 'roof.jpg' } } },
    ])
  })
})

describe('what else Jira sends', () => {
  it.each([
    ['a sprint', { timestamp: 1, webhookEvent: 'sprint_started', sprint: { id: 1 } }],
    ['an issue without its fields', { webhookEvent: 'jira:issue_updated', issue: { key: 'A-1' } }],
    ['an issue of another form', { webhookEvent: 'jira:issue_updated', issue: 'A-1' }],
    ['a file of another form', { webhookEvent: 'attachment_created', attachment: { id: 1 } }],
    ['an array', []],
  ])('%s is ignored', async (_, payload) => {
    const { status, events, reasons } = await send(payload)
    expect([status, events, reasons.length]).toEqual([200, [], 1])
  })

  it.each<[unknown, string]>([
    [1795345200123, '2026-11-22T11:00:00.123Z'],
    ['1795345200123', '2026-11-22T11:00:00.123Z'],
    ['2026-11-22 13:00:00,870', '2026-11-22T11:00:00.110Z'],
    [undefined, '2026-11-22T11:00:00.110Z'],
  ])('the time %s is %s', async (timestamp, occurredAt) => {
    expect((await send(jiraIssue(undefined, {}, { timestamp }))).events).toMatchObject([{ occurredAt }])
  })

  it('a server’s user has a name', async () => {
    const user = { name: 'anna', key: 'JIRAUSER10100', displayName: 'Anna' }
    expect((await send(jiraIssue(undefined, {}, { user }))).events).toMatchObject([{ actor: 'anna' }])
  })

  it('a delivery that Jira repeats is the same event, and one without an id has one of what it sent', async () => {
    const { response: _, ...first } = await send(jiraIssue())
    const { response: __, ...again } = await send(jiraIssue(), {}, { headers: { 'x-atlassian-webhook-retry': '1' } })
    expect(again).toEqual(first)
    const without = await send(jiraIssue(), {}, { headers: { 'x-atlassian-webhook-identifier': '' } })
    expect(without.events[0]?.eventId).toMatch(/^[\w-]{43}$/)
  })
})

describe('Jira’s signature', () => {
  const status = async (request: ReturnType<typeof jiraWebhook>, secrets = [secret]) =>
    (await receive(request, source, context({ secrets }))).response.status

  it('verifies as Atlassian publishes it', async () => {
    const published = {
      'x-hub-signature': 'sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9',
    }
    const request = { ...jiraWebhook({}, { headers: published }), body: Buffer.from('Hello World!') }
    // The signature holds, so the next step sees that it isn't JSON.
    expect(await status(request, ['older', "It's a Secret to Everybody"])).toBe(400)
    expect(await status(request)).toBe(401)
  })

  it('is no other than a whole one of SHA-256', async () => {
    const request = jiraWebhook(jiraIssue())
    for (const value of ['', 'sha256=', 'sha1=00', request.headers['x-hub-signature']?.slice('sha256='.length) ?? '']) {
      expect(await status(jiraWebhook(jiraIssue(), { headers: { 'x-hub-signature': value } }))).toBe(401)
    }
  })
})
