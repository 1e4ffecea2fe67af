import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { receive } from '../../functions/receive/receive.ts'
import { sources } from '../../functions/sources/registry.ts'
import { context, secret } from '../support/factories.ts'
import { gitea } from './gitea.ts'

// The line of the registry.
Object.assign(sources, { gitea })

const issue = { number: 7, updated_at: '2026-11-22T11:00:00Z', labels: [{ name: 'chatroom-message:42' }] }
const closed = { action: 'closed', issue, repository: { full_name: 'club/office' }, sender: { login: 'anna' } }

async function send(payload: object, key = secret) {
  const body = Buffer.from(JSON.stringify(payload))
  const signature = createHmac('sha256', key).update(body).digest('hex')
  const json = { 'content-type': 'application/json' }
  const headers = { ...json, 'x-gitea-delivery': 'f6266f16', 'x-gitea-signature': signature }
  return receive({ method: 'POST', url: '/webhooks/gitea', headers, body }, { name: 'gitea', kind: 'gitea' }, context())
}

describe('an issue in Gitea', () => {
  it('that is closed completes the chat message of its label', async () => {
    const { response, updates } = await send(closed)
    expect(response.status).toBe(202)
    expect(updates).toMatchObject([{ messageId: '42', actor: 'anna', change: { kind: 'completed', value: true } }])
  })

  it('that is reopened opens it again, and anything else only links it', async () => {
    expect((await send({ ...closed, action: 'reopened' })).updates).toMatchObject([{ change: { value: false } }])
    expect(await send({ ...closed, action: 'milestoned' })).toMatchObject({ updates: [], links: [{ messageId: '42' }] })
    expect((await send({ commits: [] })).response.status).toBe(200)
  })

  it('is refused with another secret', async () => {
    expect((await send(closed, 'another')).response.status).toBe(401)
  })
})
