import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { clickupWebhook } from '../sources/clickup/sender.ts'
import { gitlabEvent, gitlabWebhook } from '../sources/gitlab/sender.ts'
import { jiraIssue, jiraStatus, jiraWebhook } from '../sources/jira/sender.ts'
import { linearEvent, linearWebhook } from '../sources/linear/sender.ts'
import { todoistWebhook } from '../sources/todoist/sender.ts'
import { trelloWebhook } from '../sources/trello/sender.ts'
import { startBridgeProcess } from '../support/bridge-process.ts'
import { chatMessage } from '../support/delivery.ts'
import { secret } from '../support/factories.ts'
import { fixture } from '../support/fixture.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/post.ts'

const reference = 'asked for in chatroom_message/42'
const later = '2026-11-22T12:30:00.000Z'

/** What a provider sends: the object with a reference where that comes by itself, then done, then opened again. */
type Story = { refers?: unknown; done: unknown; reopened: unknown }

function trello(): Story {
  const done = fixture('trello/moved-to-done')
  const back = structuredClone(done)
  const { listBefore, listAfter } = done.action.data
  Object.assign(back.action, { id: '62170652953b1881efdaa7ff', date: later })
  Object.assign(back.action.data, { listBefore: listAfter, listAfter: listBefore })
  return { refers: fixture('trello/described'), done, reopened: back }
}

function clickup(): Story {
  const done = fixture('clickup/status')
  const reopened = structuredClone(done)
  const [item] = reopened.history_items
  const { before, after } = item
  Object.assign(item, { id: '2800787326392379999', date: `${Date.parse(later)}`, before: after, after: before })
  return { refers: fixture('clickup/content'), done, reopened }
}

function todoist(): Story {
  const told = (name: string, triggered_at: string) => {
    const payload = fixture(name)
    return { ...payload, triggered_at, event_data: { ...payload.event_data, description: reference } }
  }
  return {
    done: told('todoist/completed', '2026-11-22T11:00:00.123456Z'),
    reopened: told('todoist/uncompleted', later),
  }
}

function jira(): Story {
  const cleared = [{ field: 'resolution', from: '10000', fromString: 'Done', to: null }]
  return {
    done: jiraIssue(undefined, { description: reference }),
    reopened: jiraIssue(cleared, { description: reference, ...jiraStatus('new') }, { timestamp: Date.parse(later) }),
  }
}

function gitlab(): Story {
  const common = { description: reference }
  return {
    done: gitlabEvent('issue', { ...common, action: 'close', updated_at: '2026-11-22 11:00:00 UTC' }),
    reopened: gitlabEvent('issue', { ...common, action: 'reopen', updated_at: '2026-11-22 12:30:00 UTC' }),
  }
}

function linear(): Story {
  const now = { webhookTimestamp: Date.now() }
  const state = { id: 's', name: 'In Progress', type: 'started' }
  return {
    done: linearEvent('issue', { description: reference }, now),
    reopened: linearEvent(
      'issue',
      { description: reference, state, updatedAt: later },
      { ...now, createdAt: later, updatedFrom: { stateId: 'x', completedAt: '2026-11-22T11:00:00.000Z' } },
    ),
  }
}

describe('a task that refers to a chat message', () => {
  it.each([
    ['trello', trello(), 202, (payload: unknown, url: string) => trelloWebhook(payload, { callbackUrl: url })],
    ['clickup', clickup(), 202, (payload: unknown) => clickupWebhook(payload)],
    ['todoist', todoist(), 200, (payload: unknown) => todoistWebhook(payload)],
    ['jira', jira(), 202, (payload: unknown) => jiraWebhook(payload)],
    ['gitlab', gitlab(), 202, (payload: unknown) => gitlabWebhook(payload)],
    ['linear', linear(), 200, (payload: unknown) => linearWebhook(payload)],
  ] as const)('in %s completes it when it is done, and opens it when it is opened again', async (...provider) => {
    const [kind, story, status, webhook] = provider
    const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
    onTestFinished(() => erp.stop())
    const bridge = await startBridgeProcess({
      DATA_DIR: temporaryFolder(),
      ERP_BASE_URL: erp.url,
      ERP_TOKEN: 'token',
      PUT_SPACING: '0',
      WEBHOOK_SECRETS: JSON.stringify({ [kind]: [secret] }),
      // Anybody may write on GitLab, so there references are a choice.
      ...(kind === 'gitlab' && { SOURCES: '{"gitlab":{"kind":"gitlab","references":"everyone"}}' }),
    })
    const url = `${bridge.url}/webhooks/${kind}`
    const send = async (payload: unknown) => {
      const { headers, body } = webhook(payload, url)
      const { host: _, ...sent } = headers
      const response = await fetch(url, { method: 'POST', headers: sent, body: new Uint8Array(body) })
      expect([response.status, await response.text()]).toEqual([status, expect.stringContaining('"accepted":[{')])
    }
    if (story.refers) await send(story.refers)
    await send(story.done)
    await until(() => erp.message(42)?.completed === true, 'the completed chat message')
    await send(story.reopened)
    await until(() => erp.message(42)?.completed === false, 'the chat message opened again')
  })
})
