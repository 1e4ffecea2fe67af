import { describe, expect, it } from 'vitest'
import { receive } from '../../../functions/receive/receive.ts'
import { context, secret } from '../../support/factories.ts'
import { fixture } from '../../support/fixture.ts'
import { asanaHandshake, asanaWebhook } from './sender.ts'

const source = { name: 'asana', kind: 'asana' }
const send = (payload: unknown) => receive(asanaWebhook(payload), source, context())
const nothingAsked = { events: [], updates: [], objectUpdates: [], links: [] }

/** The story of a task that is completed, with other fields. */
function story(given: object) {
  const [, event] = fixture('asana/completed').events
  return { events: [{ ...event, ...given }] }
}

describe('a task in Asana', () => {
  it('is done by the story that says so, and open again by the other; the change itself has no direction', async () => {
    const done = await send(fixture('asana/completed'))
    const change = { kind: 'completed', value: true }
    const happened = { eventId: '1209917', occurredAt: '2026-11-22T11:00:00.412Z', actor: '1199946', object: '1204512' }
    expect(done.response.status).toBe(202)
    expect(done.events).toEqual([{ ...happened, type: 'task.done', change, messageIds: [] }])
    expect(done.objectUpdates).toMatchObject([{ ...happened, change }])
    expect(JSON.parse(done.response.body ?? '')).toEqual({
      accepted: [{ eventId: '1209917', type: 'task.done', object: '1204512' }],
      ignored: [{ reason: expect.stringContaining('option lookUps') }],
    })
    const reopened = { type: 'task.reopened', change: { kind: 'completed', value: false }, object: '1204512' }
    expect((await send(fixture('asana/reopened'))).events).toMatchObject([reopened])
  })

  it('may be completed by nobody that Asana names, at a time that it does not say', async () => {
    const [event] = (await send(story({ user: null, created_at: undefined }))).events
    expect(event).toMatchObject({ type: 'task.done', object: '1204512' })
    expect([event?.actor, event?.occurredAt]).toEqual([undefined, undefined])
  })

  it('says nothing by whatever else happens to it', async () => {
    const task = { gid: '1204512', resource_type: 'task' }
    const payloads = [
      { events: [] },
      story({ resource: { gid: '7', resource_type: 'story', resource_subtype: 'comment_added' } }),
      story({ resource: { gid: '7', resource_type: 'story', resource_subtype: 'constructor' } }),
      story({ action: 'removed' }),
      story({ action: 'deleted' }),
      story({ parent: null }),
      story({ parent: { gid: '9', resource_type: 'goal' } }),
      { events: [{ action: 'deleted', resource: task }] },
      { events: [{ action: 'changed', resource: task, change: { field: 'name', action: 'changed' } }] },
      { events: [null, 7, {}] },
      { events: 'x' },
      [],
      null,
    ]
    for (const payload of payloads) {
      const { response, ...asked } = await send(payload)
      expect([response.status, asked]).toEqual([200, nothingAsked])
      expect(JSON.parse(response.body ?? '')).toEqual({ accepted: [], ignored: [{ reason: expect.any(String) }] })
    }
  })
})

describe('Asana’s handshake', () => {
  const brought = 'b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81'
  const greet = (given: string, secrets: string[]) => receive(asanaHandshake(given), source, context({ secrets }))

  it('proposes the secret that it brings while there is none, and gives it back', async () => {
    for (const secrets of [[], ['']]) {
      expect(await greet(brought, secrets)).toEqual({
        response: { status: 200, headers: { 'x-hook-secret': brought } },
        learned: { secret: brought },
        ...nothingAsked,
      })
    }
  })

  it('is answered again for a secret that is known, and refused for any other', async () => {
    const repeated = await greet(brought, [secret, brought])
    expect(repeated).toEqual({ response: { status: 200, headers: { 'x-hook-secret': brought } }, ...nothingAsked })
    const other = await greet(brought, [secret])
    expect([other.response.status, other.learned]).toEqual([401, undefined])
  })

  it('brings nothing that is too long or no header’s value', async () => {
    for (const odd of ['', ' ', 'x'.repeat(513), `${brought} ${brought}`, `${brought}\r\nx: y`, `${brought}ü`]) {
      const { response, learned } = await greet(odd, [])
      expect([response.status, learned, JSON.stringify(response).includes(brought)]).toEqual([401, undefined, false])
    }
  })

  it('never is a signature', async () => {
    const { headers, ...request } = asanaWebhook(fixture('asana/completed'))
    const both = { ...request, headers: { ...headers, 'x-hook-secret': secret } }
    const { response, events } = await receive(both, source, context())
    expect([response.status, events]).toEqual([200, []])
  })
})
