import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, secret } from '../../support/factories.ts'
import { closedIssue, examplesOfGitHub, githubWebhook, reopenedIssue } from './sender.ts'

const source = { name: 'github', kind: 'github' }
const member = { author_association: 'MEMBER', body: 'Asked for in https://club.example/chatroom_message/42.' }

async function send(payload: unknown, given: Parameters<typeof githubWebhook>[1] = {}, options = {}) {
  return receive(await githubWebhook(payload, given), { ...source, ...options }, context())
}

describe('GitHub', () => {
  it('closing an issue that a member refers to a chat message with completes that message', async () => {
    const { response, updates, events } = await send(closedIssue(member))
    expect(response.status).toBe(202)
    expect(updates).toEqual([
      {
        messageId: '42',
        eventId: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
        source: 'github',
        occurredAt: '2026-11-22T11:00:00.000Z',
        receivedAt: '2026-11-22T12:00:00.000Z',
        actor: 'Codertocat',
        change: { kind: 'completed', value: true },
      },
    ])
    expect(events).toMatchObject([{ type: 'task.done', object: 'Codertocat/Hello-World#1', messageIds: ['42'] }])
  })

  it('reopening it opens the message again', async () => {
    const { updates } = await send(reopenedIssue(member))
    expect(updates).toMatchObject([{ messageId: '42', change: { kind: 'completed', value: false } }])
  })

  it('a reference by a stranger names no chat message and teaches no link', async () => {
    for (const author_association of ['NONE', 'CONTRIBUTOR', 'FIRST_TIMER', 'FIRST_TIME_CONTRIBUTOR', undefined]) {
      const { updates, links, objectUpdates, events } = await send(closedIssue({ ...member, author_association }))
      expect([updates, links]).toEqual([[], []])
      expect(objectUpdates).toMatchObject([{ object: 'Codertocat/Hello-World#1' }])
      expect(events).toMatchObject([{ type: 'task.done', messageIds: [] }])
    }
  })

  it('a label is a member’s word, whoever wrote the issue', async () => {
    const labels = [{ name: 'bug' }, { name: 'chatroom-message:42' }]
    const { updates } = await send(closedIssue({ author_association: 'NONE', body: '', labels }))
    expect(updates).toMatchObject([{ messageId: '42' }])
  })

  it('counts everybody’s references, or nobody’s, where the option says so', async () => {
    const stranger = closedIssue({ ...member, author_association: 'NONE' })
    expect((await send(stranger, {}, { references: 'everyone' })).updates).toHaveLength(1)
    expect((await send(closedIssue(member), {}, { references: 'none' })).updates).toHaveLength(0)
  })

  it('the chat message of the URL goes before any reference', async () => {
    const { updates } = await send(closedIssue(member), { url: '/webhooks/github/7' })
    expect(updates).toMatchObject([{ messageId: '7' }])
  })

  it('a URL that can name no chat message is reported and changes nothing', async () => {
    const { response, updates, events } = await send(closedIssue(member), { url: '/webhooks/github/a%20b' })
    expect([response.status, updates, events.length]).toEqual([200, [], 1])
  })

  it('merging a pull request is done, closing it unmerged is not', async () => {
    const pull_request = { number: 3, ...member, updated_at: '2026-11-22T11:00:00Z' }
    const closed = (merged: boolean) =>
      send({ ...closedIssue(), pull_request: { ...pull_request, merged } }, { event: 'pull_request' })
    expect((await closed(true)).updates).toMatchObject([{ change: { kind: 'completed', value: true } }])
    expect(await closed(false)).toMatchObject({ updates: [], events: [{ type: 'link.added' }] })
  })

  it('an edited text is reported, and edits the chat message only where the option adds it', async () => {
    const edited = { ...closedIssue(member), action: 'edited' }
    const { events, updates } = await send(edited)
    expect(events).toMatchObject([{ type: 'text.edited', change: { kind: 'text', text: member.body } }])
    expect(updates).toEqual([])
    expect((await send(edited, {}, { meanings: ['text'] })).updates).toHaveLength(1)
  })

  it('an edited title is no edited text, and neither is another base of a pull request', async () => {
    const given = { meanings: ['text', 'completed'] }
    const titled = {
      ...closedIssue({ ...member, title: 'New' }),
      action: 'edited',
      changes: { title: { from: 'Old' } },
    }
    const { events, updates } = await send(titled, {}, given)
    expect(events).toMatchObject([{ type: 'text.edited', change: { kind: 'text', text: 'New' } }])
    expect(updates).toEqual([])
    const both = { ...titled, changes: { title: { from: 'Old' }, body: { from: 'Old' } } }
    expect((await send(both, {}, given)).updates).toMatchObject([{ change: { text: member.body } }])
    const rebased = { ...titled, pull_request: { number: 3, ...member }, changes: { base: {} } }
    expect(await send(rebased, { event: 'pull_request' }, given)).toMatchObject({
      updates: [],
      events: [{ type: 'link.added' }],
    })
  })

  it.each(['opened', 'edited', 'labeled', 'assigned', 'closed', 'reopened'])(
    'an issue %s with a reference that counts teaches which chat message it is',
    async (action) => {
      const { response, links } = await send({ ...closedIssue(member), action })
      const eventId = '72d3162e-cc78-11e3-81ab-4c9367dc0958'
      const occurredAt = '2026-11-22T11:00:00.000Z'
      const object = 'Codertocat/Hello-World#1'
      expect([response.status, links]).toEqual([202, [{ object, messageId: '42', present: true, eventId, occurredAt }]])
    },
  )

  it('an issue or a pull request in any event teaches its link, where nothing else is said as link.added', async () => {
    const events = new Set<string>()
    for (const { event, payload } of examplesOfGitHub) {
      const { issue, pull_request: pull } = payload as Record<string, object | undefined>
      const referring = {
        ...payload,
        ...(issue && { issue: { ...issue, ...member } }),
        ...(pull && { pull_request: { ...pull, ...member } }),
      }
      const { links, events: said } = await send(referring, { event })
      if (links.length === 0) continue
      expect(links).toMatchObject([
        { messageId: '42', present: true, object: expect.stringMatching(/^[\w-]+\/[\w-]+#\d+$/) },
      ])
      expect(said).toMatchObject([{ messageIds: ['42'] }])
      events.add(event)
    }
    expect([...events].sort()).toEqual([
      'issue_comment',
      'issues',
      'pull_request',
      'pull_request_review',
      'pull_request_review_comment',
    ])
  })

  it('an issue opened without a reference says nothing', async () => {
    const opened = { ...closedIssue({ author_association: 'OWNER', body: 'The roof leaks.' }), action: 'opened' }
    expect(await send(opened)).toMatchObject({ response: { status: 200 }, events: [], links: [], objectUpdates: [] })
  })

  it('the text of a comment never edits a chat message', async () => {
    const comment = { body: 'chatroom_message/42', updated_at: '2026-11-22T11:00:00Z' }
    const payload = { ...closedIssue(member), action: 'edited', comment }
    const { events, updates } = await send(payload, { event: 'issue_comment' }, { meanings: ['text'] })
    expect(events).toMatchObject([{ type: 'text.edited', change: { text: 'chatroom_message/42' } }])
    expect(updates).toEqual([])
  })

  it('text beyond the bounds is reported and gives no update', async () => {
    const body = `chatroom_message/42 ${'x'.repeat(70_000)}`
    const payload = { ...closedIssue({ ...member, body }), action: 'edited' }
    const { events, updates, objectUpdates } = await send(payload, {}, { meanings: ['text'] })
    expect([events.length, updates, objectUpdates]).toEqual([1, [], []])
  })

  it('verifies the signature that GitHub publishes as an example', async () => {
    const request = {
      method: 'POST',
      url: '/webhooks/github',
      headers: {
        'content-type': 'application/json',
        'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      },
      body: Buffer.from('Hello, World!'),
    }
    const secrets = ["It's a Secret to Everybody"]
    // The signature holds, so the next step sees that it isn't JSON.
    expect((await receive(request, source, context({ secrets }))).response.status).toBe(400)
    expect((await receive(request, source, context())).response.status).toBe(401)
  })

  it('takes any of several secrets, and none that is empty', async () => {
    const request = await githubWebhook(closedIssue(member))
    expect((await receive(request, source, context({ secrets: ['old', secret] }))).response.status).toBe(202)
    const unsigned = await githubWebhook(closedIssue(member), { key: 'x' })
    const { createHmac } = await import('node:crypto')
    unsigned.headers['x-hub-signature-256'] = `sha256=${createHmac('sha256', '').update(unsigned.body).digest('hex')}`
    for (const secrets of [[], [''], ['', '']]) {
      expect((await receive(unsigned, source, context({ secrets }))).response.status).toBe(401)
    }
  })

  it('reads the form content type, whose signature is over the form', async () => {
    const { sign } = await import('@octokit/webhooks-methods')
    const form = new URLSearchParams({ payload: JSON.stringify(closedIssue(member)) }).toString()
    const { headers, ...request } = await githubWebhook({})
    const asForm = {
      ...request,
      headers: {
        ...headers,
        'content-type': 'application/x-www-form-urlencoded',
        'x-hub-signature-256': await sign(secret, form),
      },
      body: Buffer.from(form),
    }
    expect((await receive(asForm, source, context())).updates).toHaveLength(1)
    const empty = Buffer.from('a=b')
    const signed = { ...asForm.headers, 'x-hub-signature-256': await sign(secret, 'a=b') }
    expect((await receive({ ...asForm, headers: signed, body: empty }, source, context())).response.status).toBe(400)
  })

  it('takes every payload that GitHub is known to send, and reports nothing that it does not say', async () => {
    const reported: Record<string, number> = {}
    for (const { event, payload } of examplesOfGitHub) {
      const { response, events, updates, objectUpdates, links } = await send(payload, { event })
      expect(response.status).toBe(objectUpdates.length > 0 ? 202 : 200)
      // None of them refers to a chat message.
      expect([updates, links]).toEqual([[], []])
      for (const { type } of events) reported[`${event}: ${type}`] = (reported[`${event}: ${type}`] ?? 0) + 1
    }
    expect(reported).toEqual({
      'issue_comment: text.edited': 2,
      'issues: task.reopened': 1,
      'issues: text.edited': 3,
      'pull_request: task.reopened': 2,
      'pull_request_review_comment: text.edited': 1,
    })
  })

  it('tells the same event by the same id when GitHub delivers it again, and by its bytes where there is no id', async () => {
    const { headers, ...request } = await githubWebhook(closedIssue(member))
    const { 'x-github-delivery': _, ...without } = headers
    const ids = await Promise.all(
      [1, 2].map(async () => (await receive({ ...request, headers: without }, source, context())).events[0]?.eventId),
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).toBeTruthy()
  })
})
