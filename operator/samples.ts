import { createHmac, randomUUID } from 'node:crypto'
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

/** A webhook as its provider would send it. */
export type Sample = { headers: Record<string, string>; body: string }

/**
 * Writes and signs a webhook as a system of this kind sends it.
 * @returns undefined when systems of this kind don't send such an event
 */
export function sample(source: SourceOfHome, event: SampleEvent, secret: string, now: Date): Sample | undefined {
  return source.kind === 'github' ? github(event, secret) : generic(source, event, secret, now)
}

/** Our own event, signed as the source wants it; by Standard Webhooks where it takes anything. */
function generic(source: SourceOfHome, event: SampleEvent, secret: string, now: Date): Sample {
  const body = JSON.stringify(event)
  const json = { 'content-type': 'application/json' }
  if (source.authentication === 'bearer') return { headers: { ...json, authorization: `Bearer ${secret}` }, body }
  if (source.authentication === 'hmac') {
    const header = typeof source.signatureHeader === 'string' ? source.signatureHeader : 'x-signature-256'
    return { headers: { ...json, [header]: hmac(secret, body) }, body }
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

/** An issue of a member's, whose text refers to the chat message. */
function github(
  { id, type, messageId, occurredAt, actor = 'octocat', text }: SampleEvent,
  secret: string,
): Sample | undefined {
  const action = { 'task.done': 'closed', 'task.reopened': 'reopened', 'text.edited': 'edited' }[type]
  if (!action) return undefined
  const reference = messageId === undefined ? '' : `chatroom_message/${messageId}`
  const body = JSON.stringify({
    action,
    issue: {
      number: 1,
      title: 'Asked for in the chat',
      body: [text, reference].filter(Boolean).join('\n\n'),
      author_association: 'MEMBER',
      updated_at: occurredAt,
    },
    repository: { full_name: 'club/office' },
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

function hmac(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}
