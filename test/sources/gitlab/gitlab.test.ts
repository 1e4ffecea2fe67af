import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, secret } from '../../support/factories.ts'
import { gitlabEvent, gitlabSignature, gitlabWebhook } from './sender.ts'

const source = { name: 'gitlab', kind: 'gitlab' }
const everyone = { references: 'everyone' }
const eventId = 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f'

async function send(payload: unknown, options: object = {}, given: Parameters<typeof gitlabWebhook>[1] = {}) {
  const reception = await receive(gitlabWebhook(payload, given), { ...source, ...options }, context())
  const { ignored } = JSON.parse(reception.response.body ?? '') as { ignored: { reason: string }[] }
  return { ...reception, status: reception.response.status, reasons: ignored.map(({ reason }) => reason) }
}

describe('a task in GitLab', () => {
  it('closed asks for done wherever the issue is linked to; what it refers to counts only where the option says so', async () => {
    const object = 'gitlabhq/gitlab-test#23'
    const happened = { eventId, occurredAt: '2026-11-22T11:00:00.000Z', actor: 'root' }
    const update = { ...happened, source: 'gitlab', receivedAt: '2026-11-22T12:00:00.000Z' }
    const change = { kind: 'completed', value: true }
    const { status, updates, links, objectUpdates, events } = await send(gitlabEvent('issue'))
    expect([status, updates, links]).toEqual([202, [], []])
    expect(objectUpdates).toEqual([{ ...update, object, change }])
    expect(events).toEqual([{ ...happened, type: 'task.done', object, change, messageIds: [] }])

    const open = await send(gitlabEvent('issue'), everyone)
    expect(open.updates).toEqual([{ ...update, messageId: '42', change }])
    expect(open.links).toEqual([
      { object, messageId: '42', present: true, eventId, occurredAt: '2026-11-22T11:00:00.000Z' },
    ])
  })

  it('reopened opens it again', async () => {
    for (const example of ['issue', 'mergeRequest'] as const) {
      const { objectUpdates, events } = await send(gitlabEvent(example, { action: 'reopen' }))
      expect(objectUpdates).toMatchObject([{ change: { kind: 'completed', value: false } }])
      expect(events).toMatchObject([{ type: 'task.reopened' }])
    }
  })

  it('of another type than an issue is one too', async () => {
    const { objectUpdates } = await send(gitlabEvent('issue', { type: 'Task' }, { object_kind: 'work_item' }))
    expect(objectUpdates).toMatchObject([{ object: 'gitlabhq/gitlab-test#23', change: { value: true } }])
  })

  it('is a merge request that is merged, and not one that is closed', async () => {
    expect(await send(gitlabEvent('mergeRequest'))).toMatchObject({
      events: [{ type: 'task.done', object: 'gitlabhq/gitlab-test!1', occurredAt: '2026-11-22T11:00:00.000Z' }],
    })
    expect(await send(gitlabEvent('mergeRequest', { action: 'close' }))).toMatchObject({ status: 200, events: [] })
  })

  it('that refers to a chat message by a label or its description is linked to it in any event, for the option', async () => {
    for (const action of ['open', 'update', 'approved']) {
      const labels = { labels: [{ title: 'chatroom-message:44' }] }
      const { links, events } = await send(gitlabEvent('issue', { action }, labels), everyone)
      expect(links.map(({ messageId }) => messageId)).toEqual(['42', '44'])
      expect(events).toMatchObject([{ type: 'link.added' }])
      expect(await send(gitlabEvent('issue', { action }, labels))).toMatchObject({ status: 200, events: [], links: [] })
    }
  })

  it('asks for it at the chat message of the URL alone', async () => {
    const { updates, objectUpdates } = await send(gitlabEvent('issue'), {}, { url: '/webhooks/gitlab/7' })
    expect([updates.map(({ messageId }) => messageId), objectUpdates]).toEqual([['7'], []])
  })
})

describe('an emoji in GitLab', () => {
  it.each([
    ['award', 'reaction.added', '2026-11-22T11:00:00.000Z'],
    ['revoke', 'reaction.removed', undefined],
  ])('%s is %s', async (action, type, occurredAt) => {
    const { events, objectUpdates } = await send(gitlabEvent('emoji', { action }, { event_type: action }))
    const change = { kind: 'reaction', emoji: '👍', present: action === 'award' }
    expect(events).toMatchObject([{ type, actor: 'root', object: 'flightjs/Flight#42', change }])
    expect(objectUpdates.map((update) => update.occurredAt)).toEqual([occurredAt])
  })

  it('on a comment is none on the issue', async () => {
    const note = { note: { id: 363, note: 'Testing chatroom_message/42' } }
    const { events, links } = await send(gitlabEvent('emoji', { awardable_type: 'Note' }, note), everyone)
    expect(events).toMatchObject([{ object: 'flightjs/Flight#note_363', messageIds: ['42'] }])
    expect(links).toMatchObject([{ object: 'flightjs/Flight#note_363' }])
  })

  it('on a merge request is one on that', async () => {
    const given = { issue: undefined, merge_request: { iid: 7 } }
    const { events } = await send(gitlabEvent('emoji', { awardable_type: 'MergeRequest' }, given))
    expect(events).toMatchObject([{ object: 'flightjs/Flight!7' }])
  })

  it('on a snippet belongs to nothing that we know, unless the URL says so', async () => {
    const payload = gitlabEvent('emoji', { awardable_type: 'Snippet' })
    expect(await send(payload)).toMatchObject({ status: 200, objectUpdates: [] })
    expect((await send(payload, {}, { url: '/webhooks/gitlab/42' })).updates).toHaveLength(1)
  })

  it.each(['', 'party_parrot', '__proto__', '👍'])('of the unknown name “%s” is ignored', async (name) => {
    const { status, events, reasons } = await send(gitlabEvent('emoji', { name }))
    expect([status, events]).toEqual([200, []])
    expect(reasons).toEqual(['no character is known for this emoji’s name'])
  })
})

describe('a text edited in GitLab', () => {
  const changes = { description: { previous: 'Until Friday', current: 'Until Monday' } }

  it('is reported, and edits the chat message only where the option adds it', async () => {
    const payload = gitlabEvent('issue', { action: 'update' }, { changes })
    const change = { kind: 'text', text: 'Until Monday' }
    const { events, objectUpdates, reasons } = await send(payload)
    expect(events).toMatchObject([{ type: 'text.edited', change }])
    expect([objectUpdates, reasons]).toEqual([[], ['gitlab may not change text (option meanings)']])
    expect((await send(payload, { meanings: ['text'] })).objectUpdates).toMatchObject([{ change }])
  })

  it('never edits the chat message when it is a title’s or a comment’s', async () => {
    const title = { title: { previous: 'a', current: 'b' } }
    for (const [payload, text] of [
      [gitlabEvent('issue', { action: 'update' }, { changes: title }), 'b'],
      [gitlabEvent('note'), 'Asked for in chatroom_message/43.'],
    ] as const) {
      const { events, updates, objectUpdates } = await send(payload, { ...everyone, meanings: ['text'] })
      expect(events).toMatchObject([{ type: 'text.edited', change: { text } }])
      expect([updates, objectUpdates]).toEqual([[], []])
    }
  })

  it('of a comment teaches what it refers to, for the option, and so does a new comment', async () => {
    for (const action of ['create', 'update']) {
      const { links } = await send(gitlabEvent('note', { action }), everyone)
      expect(links).toMatchObject([{ object: 'gitlab-org/gitlab-test#17', messageId: '43' }])
    }
    expect(await send(gitlabEvent('note', { action: 'create', system: true }), everyone)).toMatchObject({ events: [] })
  })

  it('beyond the bounds is reported and gives no update', async () => {
    const long = { description: { current: 'x'.repeat(70_000) } }
    const { events, objectUpdates } = await send(gitlabEvent('issue', { action: 'update' }, { changes: long }), {
      meanings: ['text'],
    })
    expect([events.length, objectUpdates]).toEqual([1, []])
  })
})

describe('what else GitLab sends', () => {
  it.each([
    ['a push', { object_kind: 'push', commits: [], project: { path_with_namespace: 'a/b' } }],
    ['a pipeline', { object_kind: 'pipeline', object_attributes: { id: 31, status: 'success' } }],
    ['an issue’s other action', gitlabEvent('issue', { action: 'update' }, { changes: {} })],
    ['an emoji’s other action', gitlabEvent('emoji', { action: 'juggle' }, { event_type: null })],
    ['an issue of another form', gitlabEvent('issue', { iid: 'x' })],
    ['a comment on a commit', gitlabEvent('note', { action: 'create' }, { issue: undefined })],
    ['an array', []],
    ['null', null],
  ])('%s is ignored', async (_, payload) => {
    const { status, events, reasons } = await send(payload)
    expect([status, events, reasons.length]).toEqual([200, [], 1])
  })

  it('a delivery without an id has one of what it sent', async () => {
    const given = { headers: { 'idempotency-key': '' } }
    const [first, again, other] = await Promise.all([
      send(gitlabEvent('issue'), {}, given),
      send(gitlabEvent('issue'), {}, given),
      send(gitlabEvent('issue', { iid: 24 }), {}, given),
    ])
    expect(first.events[0]?.eventId).toMatch(/^[\w-]{43}$/)
    expect(again.events[0]?.eventId).toBe(first.events[0]?.eventId)
    expect(other.events[0]?.eventId).not.toBe(first.events[0]?.eventId)
  })
})

describe('GitLab’s proof', () => {
  const payload = gitlabEvent('issue')
  const body = JSON.stringify(payload)
  const status = async (headers: Record<string, string>, options = {}, secrets = [secret], sent = body) => {
    const { 'x-gitlab-token': _, ...without } = gitlabWebhook(payload).headers
    const request = { ...gitlabWebhook(payload), headers: { ...without, ...headers }, body: Buffer.from(sent) }
    return (await receive(request, { ...source, ...options }, context({ secrets }))).response.status
  }

  it('is a signature by its signing token with all of its headers', async () => {
    expect(await status(gitlabSignature(body))).toBe(202)
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      expect(await status({ ...gitlabSignature(body), [name]: '' })).toBe(401)
    }
  })

  it('holds in both ways where a request carries both', async () => {
    const both = { ...gitlabSignature(body), 'x-gitlab-token': 'token' }
    expect(await status(both, {}, [secret, 'token'])).toBe(202)
    expect(await status(both, {}, [secret])).toBe(401)
    expect(await status(both, {}, ['token'])).toBe(401)
  })

  it('is only the one that the option names', async () => {
    expect(await status({ 'x-gitlab-token': secret }, { authentication: 'signature' })).toBe(401)
    expect(await status({ ...gitlabSignature(body), 'x-gitlab-token': 'x' }, { authentication: 'signature' })).toBe(202)
    expect(await status(gitlabSignature(body), { authentication: 'token' })).toBe(401)
    expect(await status({ 'x-gitlab-token': secret }, { authentication: 'token' })).toBe(202)
  })

  it('makes the signed id the event’s, whatever the other says', async () => {
    const headers = { ...gitlabSignature(body, { id: 'signed' }), 'idempotency-key': 'forged' }
    const { events } = await send(payload, {}, { headers })
    expect(events).toMatchObject([{ eventId: 'signed' }])
  })
})
