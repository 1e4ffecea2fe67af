import { createHmac, randomUUID } from 'node:crypto'
import { declaredHmacHeaders } from '../functions/sources/declared-hmac.ts'
import { declaredHmac } from '../functions/sources/declared-hmac-options.ts'
import { loadEmojis, shortNameOf } from '../functions/sources/emoji.ts'
import type { SourceOfHome } from './home.ts'

/** An event to send, in the words of the generic source. */
export type SampleEvent = {
  id: string
  type: string
  messageId?: string
  occurredAt: string
  actor?: string
  object?: string
} & Record<string, unknown>

/** A webhook as its provider would send it. `path`: what stands in the URL behind the source's name. */
export type Sample = { headers: Record<string, string>; body: string; path?: string }

/**
 * Writes and signs a webhook as a system of this kind sends it.
 * @returns undefined when systems of this kind don't send such an event
 */
export async function sample(
  source: SourceOfHome,
  event: SampleEvent,
  secret: string,
  now: Date,
): Promise<Sample | undefined> {
  await loadEmojis()
  switch (source.kind) {
    case 'github':
      return github(event, secret)
    case 'slack':
      return slack(event, secret, now)
    case 'cloudevents':
      return generic(source, inCloudEvent(event), secret, now)
    case 'generic':
    case 'standard-webhooks':
      return generic(source, event, secret, now)
    default:
      // Nobody has written down yet how an event of it looks.
      return undefined
  }
}

/** Our own event, signed as the source wants it; by Standard Webhooks where it takes anything. */
function generic(source: SourceOfHome, event: { id: string }, secret: string, now: Date): Sample {
  const body = JSON.stringify(event)
  const json = { 'content-type': 'application/json' }
  if (source.authentication === 'bearer') return { headers: { ...json, authorization: `Bearer ${secret}` }, body }
  if (source.authentication === 'hmac') {
    // The rest of the source's options are not for it.
    const options: object = source
    const signed = declaredHmacHeaders(Buffer.from(body), declaredHmac(options), { secret, id: event.id, now })
    return { headers: { ...json, ...signed }, body }
  }
  const id = `msg_${randomUUID()}`
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    headers: {
      ...json,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  }
}

/** The same in the envelope of CloudEvents 1.0. */
function inCloudEvent({ id, type, messageId: subject, occurredAt: time, ...data }: SampleEvent) {
  return { specversion: '1.0', id, source: '/send', type, ...(subject && { subject }), time, data }
}

/** An issue of a member's, whose text refers to the chat message; the object is `owner/repository#number`. */
function github(
  { id, type, messageId, occurredAt, actor = 'octocat', object = 'club/office#1', text }: SampleEvent,
  secret: string,
): Sample | undefined {
  const actions = {
    'task.done': 'closed',
    'task.reopened': 'reopened',
    'text.edited': 'edited',
    'link.added': 'opened',
  }
  const action = actions[type as keyof typeof actions]
  if (!action) return undefined
  const [full_name, number] = object.split('#')
  const reference = messageId === undefined ? '' : `chatroom_message/${messageId}`
  const body = JSON.stringify({
    action,
    issue: {
      number: Number(number),
      title: 'Asked for in the chat',
      body: [text, reference].filter(Boolean).join('\n\n'),
      author_association: 'MEMBER',
      updated_at: occurredAt,
    },
    repository: { full_name },
    sender: { login: actor },
  })
  return {
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': id,
      'x-hub-signature-256': hmac(secret, body),
    },
    body,
  }
}

/**
 * An event of a message, whose id is the object: `channel/ts`. A reaction names no chat message, so it stands in the URL;
 * a posted message refers to it.
 */
function slack(
  {
    id,
    type,
    messageId,
    occurredAt,
    actor = 'U123ABC456',
    object = 'C123ABC456/1795345100.498405',
    emoji,
    text,
  }: SampleEvent,
  secret: string,
  now: Date,
): Sample | undefined {
  const [channel, ts = ''] = object.split('/')
  const event_ts = `${(Date.parse(occurredAt) / 1000).toFixed(3)}000`
  const reference = messageId === undefined ? [] : [`chatroom_message/${messageId}`]
  const said = [text ?? 'Asked for in the chat:', ...reference].join(' ')
  const reaction = {
    user: actor,
    reaction: shortNameOf(`${emoji}`) ?? emoji,
    item: { type: 'message', channel, ts },
    event_ts,
  }
  const events: Record<string, object> = {
    'reaction.added': { type: 'reaction_added', ...reaction },
    'reaction.removed': { type: 'reaction_removed', ...reaction },
    'link.added': { type: 'message', channel, ts, user: actor, text: said, event_ts },
    'text.edited': {
      type: 'message',
      subtype: 'message_changed',
      channel,
      message: { type: 'message', ts, user: actor, text: said, edited: { user: actor, ts: event_ts } },
      previous_message: { type: 'message', ts, user: actor, text: '' },
      event_ts,
    },
  }
  const event = events[type]
  if (!event) return undefined
  const body = JSON.stringify({ type: 'event_callback', event_id: id, event })
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  return {
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
    body,
    ...(type.startsWith('reaction') && messageId !== undefined && { path: `/${encodeURIComponent(messageId)}` }),
  }
}

function hmac(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
