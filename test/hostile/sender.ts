import { createHmac } from 'node:crypto'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { WebhookRequest } from '../../functions/sources/source.ts'
import { slackSignature } from '../sources/slack/sender.ts'
import { apiEvent } from '../support/api-event.ts'
import { noon, secret } from '../support/factories.ts'
import type { Random } from './random.ts'

/** What is sent by the thousand: requests of one kind, each answered with one of `statuses`. */
export type Kind = {
  statuses: readonly number[]
  /** It may ask for something, so the queue may get it; every other kind must leave the queue alone. */
  mayQueue?: boolean
  /** The queue may get this of it, and nothing else: no word of a stranger's names a chat message. */
  asksOnly?: 'objectUpdates' | 'links'
  /** How the answer begins of what was taken and asks for nothing, where people are to read it. */
  answer?: RegExp
  /** How many, where one costs milliseconds. */
  count?: number
  /** @param marker a text to put where the sender can put any, so that an answer that repeats it shows */
  make(random: Random, marker: string): APIGatewayProxyEventV2
}
export type Kinds = Record<string, Kind>

export const schemes = ['bearer', 'hmac', 'standard-webhooks'] as const
export type Scheme = (typeof schemes)[number]

/** The headers that prove a body to be the generic source's. */
export function credentials(scheme: Scheme, body: Uint8Array, key = secret): Record<string, string> {
  switch (scheme) {
    case 'bearer':
      return { authorization: `Bearer ${key}` }
    case 'hmac':
      return { 'x-signature-256': `sha256=${hmacHex(body, key)}` }
    case 'standard-webhooks': {
      const id = 'msg_1'
      const timestamp = `${noon / 1000}`
      return {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': standardWebhooksSignature(body, { id, timestamp, key }),
      }
    }
  }
}

export function hmacHex(body: Uint8Array, key = secret, algorithm = 'sha256'): string {
  return createHmac(algorithm, key).update(body).digest('hex')
}

export function standardWebhooksSignature(
  body: Uint8Array,
  { id, timestamp, key = secret }: { id: string; timestamp: string; key?: string },
): string {
  const decoded = Buffer.from(key.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', decoded).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
}

export type Given = Partial<Omit<WebhookRequest, 'body' | 'headers'>> & { headers?: Record<string, string | undefined> }

/** A request of the generic source as it stands; a header that is given as undefined is left out. */
export function unsigned(body: string | Uint8Array, { headers = {}, ...given }: Given = {}): WebhookRequest {
  const named = Object.entries({ 'content-type': 'application/json', ...headers })
  return {
    method: 'POST',
    url: '/webhooks/generic',
    ...given,
    headers: Object.fromEntries(named.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    body: typeof body === 'string' ? Buffer.from(body) : body,
  }
}

/** A request that the generic source takes for its own, in one of the three ways. */
export function signed(random: Random, body: string | Uint8Array, given: Given = {}): WebhookRequest {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return unsigned(bytes, { ...given, headers: { ...credentials(random.pick(schemes), bytes), ...given.headers } })
}

/** A request that GitHub signed. */
export function signedByGithub(body: string | Uint8Array, given: Given = {}): WebhookRequest {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const headers = { 'x-github-event': 'issues', 'x-hub-signature-256': `sha256=${hmacHex(bytes)}`, ...given.headers }
  return unsigned(bytes, { url: '/webhooks/github', ...given, headers })
}

/** A request that Slack signed. */
export function signedBySlack(body: string | Uint8Array, given: Given = {}): WebhookRequest {
  return unsigned(body, { url: '/webhooks/slack', ...given, headers: { ...slackSignature(body), ...given.headers } })
}

/** The event of a request whose body is text: API Gateway passes that either way. */
export function eitherWay(random: Random, request: WebhookRequest): APIGatewayProxyEventV2 {
  return apiEvent(request, { asText: random.chance(0.5) })
}
