import { describe, expect, it } from 'vitest'
import { receive } from '../../functions/receive/receive.ts'
import { closedIssue, githubWebhook } from '../sources/github/sender.ts'
import { context, webhook } from '../support/factories.ts'

const issue = 'Codertocat/Hello-World#1'
const eventId = '72d3162e-cc78-11e3-81ab-4c9367dc0958'
const occurredAt = '2026-11-22T11:00:00.000Z'
const refersTo = (...ids: number[]) => ({
  author_association: 'MEMBER',
  body: ids.map((id) => `chatroom_message/${id}`).join(' '),
})

/** What a test says of the source beside the URL. */
type Given = { url?: string; meanings?: string[]; linksFor?: string[]; name?: string }

async function fromGithub(payload: unknown, { url = '/webhooks/github', ...options }: Given = {}) {
  const reception = await receive(
    await githubWebhook(payload, { url }),
    { name: 'github', kind: 'github', ...options },
    context(),
  )
  return { ...reception, ...answerOf(reception) }
}

async function fromGeneric(event: unknown, { url = '/webhooks/generic', ...options }: Given = {}) {
  const reception = await receive(webhook(event, { url }), { name: 'generic', kind: 'generic', ...options }, context())
  return { ...reception, ...answerOf(reception) }
}

function answerOf({ response }: Awaited<ReturnType<typeof receive>>) {
  return {
    status: response.status,
    ...(JSON.parse(response.body ?? '{}') as { accepted: unknown[]; ignored: unknown[] }),
  }
}

describe('a webhook that names its chat message', () => {
  it.each([
    ['in the payload', { messageId: '42' }, '/webhooks/generic'],
    ['in the URL', {}, '/webhooks/generic/42'],
  ])('%s changes that one alone, and teaches no link', async (_, named, url) => {
    const { status, updates, objectUpdates, links, accepted } = await fromGeneric(
      { id: 'e', type: 'done', object: 'ticket-7', ...named },
      { url },
    )
    expect([status, objectUpdates, links]).toEqual([202, [], []])
    expect(updates).toMatchObject([{ messageId: '42' }])
    expect(accepted).toEqual([{ eventId: 'e', type: 'task.done', messageId: '42' }])
  })

  it('in the URL changes that one, and what its object refers to is learned all the same', async () => {
    const { updates, objectUpdates, links, accepted, events } = await fromGithub(closedIssue(refersTo(42)), {
      url: '/webhooks/github/7',
    })
    expect(updates).toMatchObject([{ messageId: '7' }])
    expect(objectUpdates).toEqual([])
    expect(links).toEqual([{ object: issue, messageId: '42', present: true, eventId, occurredAt }])
    expect(accepted).toEqual([
      { eventId, type: 'task.done', messageId: '7' },
      { eventId, type: 'link.added', messageId: '42' },
    ])
    expect(events).toMatchObject([{ messageIds: ['7'] }])
  })

  it('in a URL that can name none asks for nothing', async () => {
    for (const action of ['closed', 'opened']) {
      const payload = { ...closedIssue(refersTo(42)), action }
      const { status, updates, objectUpdates, links, ignored, events } = await fromGithub(payload, {
        url: '/webhooks/github/~',
      })
      expect([status, updates, objectUpdates, links]).toEqual([200, [], [], []])
      expect(ignored).toEqual([{ eventId, reason: 'the URL names what can be no chat message' }])
      expect(events).toMatchObject([{ object: issue, messageIds: [] }])
    }
  })
})

describe('a webhook whose object refers to chat messages', () => {
  it('changes each, teaches each link, and tells the object for all others that it is linked to', async () => {
    const { status, updates, objectUpdates, links, accepted, events } = await fromGithub(closedIssue(refersTo(42, 43)))
    expect(status).toBe(202)
    expect(updates.map(({ messageId }) => messageId)).toEqual(['42', '43'])
    expect(objectUpdates).toEqual([
      {
        object: issue,
        eventId,
        source: 'github',
        occurredAt,
        receivedAt: '2026-11-22T12:00:00.000Z',
        actor: 'Codertocat',
        change: { kind: 'completed', value: true },
      },
    ])
    expect(links).toEqual(
      ['42', '43'].map((messageId) => ({ object: issue, messageId, present: true, eventId, occurredAt })),
    )
    expect(accepted).toEqual(['42', '43'].map((messageId) => ({ eventId, type: 'task.done', messageId })))
    expect(events).toMatchObject([{ messageIds: ['42', '43'] }])
  })

  it('teaches the links when nothing else happened', async () => {
    const { status, updates, objectUpdates, links, accepted, events } = await fromGithub(
      { ...closedIssue(refersTo(42)), action: 'opened' },
      { url: '/webhooks/github/7' },
    )
    expect([status, updates, objectUpdates]).toEqual([202, [], []])
    expect(links).toEqual([{ object: issue, messageId: '42', present: true, eventId, occurredAt }])
    expect(accepted).toEqual([{ eventId, type: 'link.added', messageId: '42' }])
    expect(events).toEqual([
      { eventId, type: 'link.added', occurredAt, actor: 'Codertocat', object: issue, messageIds: ['42'] },
    ])
  })

  it('teaches the links when the source may not change what happened', async () => {
    const { status, updates, objectUpdates, links, accepted, ignored } = await fromGithub(closedIssue(refersTo(42)), {
      meanings: ['reaction'],
    })
    expect([status, updates, objectUpdates, links.length]).toEqual([202, [], [], 1])
    expect(accepted).toEqual([{ eventId, type: 'link.added', messageId: '42' }])
    expect(ignored).toEqual([{ eventId, reason: 'github may not change completed (option meanings)' }])
  })

  it('counts the first 20 of them', async () => {
    const ids = Array.from({ length: 25 }, (_, id) => id)
    const { updates, links, events, ignored } = await fromGithub(closedIssue(refersTo(...ids)))
    expect([updates.length, links.length, events[0]?.messageIds.length]).toEqual([20, 20, 20])
    expect(ignored).toEqual([{ eventId, reason: 'refers to more than 20 chat messages: the first 20 count' }])
    expect((await fromGithub(closedIssue(refersTo(...ids.slice(0, 20))))).ignored).toEqual([])
  })

  it('changes them alone when the object’s id is beyond the bounds', async () => {
    const payload = { ...closedIssue(refersTo(42)), repository: { full_name: `club/${'x'.repeat(250)}` } }
    const { updates, objectUpdates, links, events, ignored } = await fromGithub(payload)
    expect([updates.length, objectUpdates, links]).toEqual([1, [], []])
    expect(events[0]?.object).toHaveLength(257)
    expect(ignored).toEqual([{ eventId, reason: 'object is beyond the bounds' }])
  })
})

describe('a webhook that names only its object', () => {
  it('asks for the object’s change, wherever it is linked to', async () => {
    const { status, updates, objectUpdates, links, accepted, events } = await fromGeneric({
      id: 'e',
      type: 'react',
      emoji: '👍',
      object: 'ticket-7',
      actor: 'anna',
    })
    expect([status, updates, links]).toEqual([202, [], []])
    expect(objectUpdates).toEqual([
      {
        object: 'ticket-7',
        eventId: 'e',
        source: 'generic',
        receivedAt: '2026-11-22T12:00:00.000Z',
        actor: 'anna',
        change: { kind: 'reaction', emoji: '👍', present: true },
      },
    ])
    expect(accepted).toEqual([{ eventId: 'e', type: 'reaction.added', object: 'ticket-7' }])
    expect(events).toMatchObject([{ object: 'ticket-7', messageIds: [] }])
  })

  it('asks for nothing that its source may not change', async () => {
    const { status, objectUpdates, ignored } = await fromGeneric(
      { id: 'e', type: 'done', object: 'ticket-7' },
      {
        meanings: ['text'],
      },
    )
    expect([status, objectUpdates]).toEqual([200, []])
    expect(ignored).toEqual([{ eventId: 'e', reason: 'generic may not change completed (option meanings)' }])
  })

  it('asks for nothing by the text of a comment', async () => {
    const comment = { body: 'Neu', updated_at: occurredAt }
    const payload = { ...closedIssue(), action: 'edited', comment }
    const request = await githubWebhook(payload, { event: 'issue_comment' })
    const { response, objectUpdates } = await receive(
      request,
      { name: 'github', kind: 'github', meanings: ['text'] },
      context(),
    )
    expect([response.status, objectUpdates]).toEqual([200, []])
  })

  it('asks for nothing when its id is beyond the bounds', async () => {
    const payload = { ...closedIssue(), repository: { full_name: 'x'.repeat(255) } }
    const { status, objectUpdates, ignored } = await fromGithub(payload)
    expect([status, objectUpdates, ignored]).toEqual([200, [], [{ eventId, reason: 'object is beyond the bounds' }]])
  })
})

describe('a webhook that names neither', () => {
  it('is ignored, and told why', async () => {
    const { repository: _, ...payload } = closedIssue()
    const { status, ignored, events } = await fromGithub(payload)
    expect([status, events.length]).toEqual([200, 1])
    expect(ignored).toEqual([{ eventId, reason: 'names no chat message that its author may change' }])
  })
})

describe('a link of the generic source', () => {
  const link = { id: 'e', type: 'link.added', object: 'ticket-7', occurredAt: '2026-11-22T11:00:00Z' }

  it.each([
    ['the payload', { messageId: 42 }, '/webhooks/generic'],
    ['the URL', {}, '/webhooks/generic/042'],
  ])('names its chat message in %s, and asks for nothing but that', async (_, named, url) => {
    for (const [type, present] of [
      ['link.added', true],
      ['link.removed', false],
    ]) {
      const { status, updates, objectUpdates, links, accepted, events } = await fromGeneric(
        { ...link, type, ...named },
        { url },
      )
      expect([status, updates, objectUpdates]).toEqual([202, [], []])
      expect(links).toEqual([{ object: 'ticket-7', messageId: '42', present, eventId: 'e', occurredAt }])
      expect(accepted).toEqual([{ eventId: 'e', type, messageId: '42' }])
      expect(events).toEqual([{ eventId: 'e', type, occurredAt, object: 'ticket-7', messageIds: ['42'] }])
    }
  })

  it('needs no meaning', async () => {
    expect((await fromGeneric({ ...link, messageId: 42 }, { meanings: [] })).links).toHaveLength(1)
  })

  it('names its chat message, or is refused', async () => {
    const { response, links } = await fromGeneric(link)
    expect([response.status, links]).toEqual([422, []])
    expect(response.body).toContain('"path":"messageId"')
  })

  it('may be of another source’s object where the option linksFor says so', async () => {
    const options = { name: 'tickets', linksFor: ['slack'] }
    const of = (source: string) => fromGeneric({ ...link, messageId: 42, source }, options)
    expect((await of('slack')).links).toMatchObject([{ source: 'slack', object: 'ticket-7' }])
    expect((await of('tickets')).links).toEqual([
      { object: 'ticket-7', messageId: '42', present: true, eventId: 'e', occurredAt },
    ])
    expect(await of('github')).toMatchObject({
      status: 200,
      links: [],
      events: [{ type: 'link.added', messageIds: ['42'] }],
      ignored: [{ eventId: 'e', reason: 'tickets may not link objects of another source (option linksFor)' }],
    })
  })

  it('is not of the source that a CloudEvent names: that is a URI of the sender’s', async () => {
    const envelope = { specversion: '1.0', id: 'e', source: 'slack', type: 'link.added', subject: '42' }
    const { links } = await fromGeneric({ ...envelope, data: { object: 'ticket-7' } })
    expect(links).toEqual([{ object: 'ticket-7', messageId: '42', present: true, eventId: 'e' }])
  })

  it('is one of what its request asks for, in one answer', async () => {
    const { status, accepted, ignored } = await fromGeneric([
      { ...link, messageId: 42 },
      { ...link, id: 'f', messageId: 43, source: 'slack' },
      { id: 'g', type: 'done', object: 'ticket-7' },
    ])
    expect(status).toBe(202)
    expect(accepted).toEqual([
      { eventId: 'e', type: 'link.added', messageId: '42' },
      { eventId: 'g', type: 'task.done', object: 'ticket-7' },
    ])
    expect(ignored).toMatchObject([{ eventId: 'f' }])
  })
})
