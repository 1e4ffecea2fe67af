import { randomUUID } from 'node:crypto'
import type { SourceInfo } from '../operator/open/bridge.ts'
import { sample } from '../operator/send/samples.ts'

/** How a webhook was answered. */
export type Answer = { status: number; body: string }

/** A source as it posts to a deployed bridge. `secret` is what its operator pasted there. */
export type Sender = SourceInfo & { url: string; secret: string }

/**
 * Signs and posts an event as a system of the sender's kind does.
 * @param event what differs from a task that is done just now; its `messageId` says where
 * @param path what follows the source's URL
 */
export async function post(sender: Sender, event: Record<string, unknown>, path = ''): Promise<Answer> {
  const now = new Date()
  const full = { id: randomUUID(), type: 'task.done', occurredAt: now.toISOString(), ...event }
  const { url, secret, ...source } = sender
  const webhook = await sample(source, full, { url, secret, now })
  if (typeof webhook === 'string') throw new Error(webhook)
  const { headers, body } = webhook
  const response = await fetch(`${url}${path}${webhook.path}`, { method: 'POST', headers, body })
  return { status: response.status, body: await response.text() }
}
