import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, noon, secret } from '../../support/factories.ts'

/** The payloads are of the form that Slack's reference shows for each event (https://docs.slack.dev/reference/events). */
type Event = Record<string, unknown>

/** The wrapper around an event. */
export function callback(event: Event, given: Event = {}): Event {
  return {
    token: 'XXYYZZ',
    team_id: 'T123ABC456',
    api_app_id: 'A123ABC456',
    event,
    type: 'event_callback',
    authorizations: [
      { enterprise_id: null, team_id: 'T123ABC456', user_id: 'U123ABC456', is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
    event_context: '4-eyJldCI6Im1lc3NhZ2UifQ',
    event_id: 'Ev123ABC456',
    event_time: 1795345200,
    ...given,
  }
}

export function reaction(given: Event = {}): Event {
  return {
    type: 'reaction_added',
    user: 'U123ABC456',
    reaction: '+1',
    item_user: 'U222222222',
    item: { type: 'message', channel: 'C123ABC456', ts: '1795345100.498405' },
    event_ts: '1795345200.083113',
    ...given,
  }
}

/** A message as a person posts it: Slack keeps the text twice, as markup and as blocks. */
export function message(text: string, given: Event = {}): Event {
  const section = { type: 'rich_text_section', elements: [{ type: 'text', text }] }
  return {
    type: 'message',
    user: 'U123ABC456',
    ts: '1795345100.498405',
    client_msg_id: '0837851c-2d34-4d4d-804c-7aed753c3421',
    text,
    team: 'T123ABC456',
    blocks: [{ type: 'rich_text', block_id: 'YKju', elements: [section] }],
    channel: 'C123ABC456',
    event_ts: '1795345100.498405',
    channel_type: 'channel',
    ...given,
  }
}

export function edit(text: string, previous: string, given: Event = {}): Event {
  const { channel, event_ts, channel_type, ...posted } = message(text)
  return {
    type: 'message',
    subtype: 'message_changed',
    message: { ...posted, edited: { user: 'U333333333', ts: '1795345300.000000' }, ...given },
    previous_message: { ...posted, text: previous },
    channel: 'C123ABC456',
    hidden: true,
    ts: '1795345300.000200',
    event_ts: '1795345300.000200',
    channel_type: 'channel',
  }
}

/** The headers that prove a body to be Slack's. */
export function slackSignature(
  body: string | Uint8Array,
  { key = secret, timestamp = `${noon / 1000}` } = {},
): Record<string, string> {
  const digest = createHmac('sha256', key).update(`v0:${timestamp}:`).update(body).digest('hex')
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${digest}` }
}

/** A request as Slack sends it. */
export function slackWebhook(
  payload: unknown,
  { url = '/webhooks/slack', ...signing }: { url?: string; key?: string; timestamp?: string } = {},
): WebhookRequest {
  const body = bodyOf(payload)
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...slackSignature(body, signing) },
    body,
  }
}
