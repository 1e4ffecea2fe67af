import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { closedIssue, githubWebhook, reopenedIssue } from '../sources/github/sender.ts'
import { callback, message, reaction, slackWebhook } from '../sources/slack/sender.ts'
import { startBridgeProcess } from '../support/bridge-process.ts'
import { chatMessage } from '../support/delivery.ts'
import { temporaryFolder } from '../support/folder.ts'

const secret = 'a secret of these tests'

/** A bridge with chat messages 42 and 43, and what its senders see of it. */
async function start() {
  const erp = await startSimulatedErp({ messages: [chatMessage(), chatMessage({ id: 43 })], token: 'token' })
  onTestFinished(() => erp.stop())
  const bridge = await startBridgeProcess({
    DATA_DIR: temporaryFolder(),
    ERP_BASE_URL: erp.url,
    ERP_TOKEN: 'token',
    PUT_SPACING: '0',
    WEBHOOK_SECRETS: JSON.stringify({ slack: [secret], github: [secret] }),
  })
  const post = async (path: string, headers: Record<string, string>, body: Uint8Array) => {
    const response = await fetch(`${bridge.url}${path}`, { method: 'POST', headers, body: new Uint8Array(body) })
    const { accepted } = (await response.json()) as { accepted: unknown[] }
    return [response.status, ...accepted]
  }
  return {
    erp,
    async slack(event: Record<string, unknown>, eventId: string) {
      // Slack stamps what it sends with the present, whatever happened when.
      const timestamp = `${Math.floor(Date.now() / 1000)}`
      const { headers, body } = slackWebhook(callback(event, { event_id: eventId }), { key: secret, timestamp })
      return post('/webhooks/slack', headers, body)
    },
    async github(payload: unknown, delivery: string) {
      const { headers, body } = await githubWebhook(payload, { key: secret, delivery })
      return post('/webhooks/github', headers, body)
    },
  }
}

/** Waits for something that another process does. */
async function until(holds: () => boolean, what: string, patience = 10_000): Promise<void> {
  for (const end = Date.now() + patience; !holds(); await wait(20)) {
    if (Date.now() > end) throw new Error(`${what}: not within ${patience} ms`)
  }
}

describe('a Slack message that refers to a chat message', () => {
  const posted = message('Can somebody look? <https://club.iw-erp.de/#/cp/chat/chatroom_message/42|Antje>')
  const object = 'C123ABC456/1795345100.498405'
  const added = reaction({ event_ts: '1795345200.083113' })
  const removed = reaction({ type: 'reaction_removed', event_ts: '1795345260.000200' })

  it('lends it its reactions: a thumb in Slack is one in the chat, and goes when it goes', async () => {
    const { erp, slack } = await start()
    const shown = () => (erp.message(42)?.reactions ?? []).map(({ emoji }) => emoji).join()
    expect(await slack(posted, 'Ev1')).toEqual([202, { eventId: 'Ev1', type: 'link.added', messageId: '42' }])
    expect(await slack(added, 'Ev2')).toEqual([202, { eventId: 'Ev2', type: 'reaction.added', object }])
    await until(() => shown() === '👍', 'the reaction')
    expect(await slack(removed, 'Ev3')).toEqual([202, { eventId: 'Ev3', type: 'reaction.removed', object }])
    await until(() => shown() === '', 'no reaction')
    expect(erp.message(43)?.reactions ?? []).toEqual([])
  })

  it('lends it those that came before, too', async () => {
    const { erp, slack } = await start()
    await slack(added, 'Ev2')
    await wait(500)
    expect(erp.requests.filter(({ method }) => method === 'PUT')).toEqual([])
    await slack(posted, 'Ev1')
    await until(() => erp.message(42)?.reactions?.[0]?.emoji === '👍', 'the reaction')
  })
})

describe('a GitHub issue that refers to a chat message', () => {
  // Who closes it later may have taken the reference out: the link was learned when it was opened.
  const member = { author_association: 'OWNER', body: 'From https://club.iw-erp.de/#/cp/chat/chatroom_message/42' }
  const silent = { author_association: 'OWNER', body: 'The roof leaks.' }
  const opened = { ...closedIssue({ ...member, updated_at: '2026-11-22T10:59:00Z' }), action: 'opened' }

  it('completes it when it is closed, and opens it again', async () => {
    const { erp, github } = await start()
    expect(await github(opened, 'd1')).toEqual([202, { eventId: 'd1', type: 'link.added', messageId: '42' }])
    expect(await github(closedIssue(silent), 'd2')).toEqual([
      202,
      { eventId: 'd2', type: 'task.done', object: 'Codertocat/Hello-World#1' },
    ])
    await until(() => erp.message(42)?.completed === true, 'the completed message')
    await github(reopenedIssue({ ...silent, updated_at: '2026-11-22T11:00:01Z' }), 'd3')
    await until(() => erp.message(42)?.completed === false, 'the reopened message')
    expect(erp.message(43)?.completed).toBe(false)
  })
})
