import { createHmac } from 'node:crypto'
import type { WebhookRequest } from '../../../functions/sources/source.ts'
import { bodyOf, noon, secret } from '../../support/factories.ts'

const base64url = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url')

/** A webhook as monday.com sends it for an app, with the token that it documents. */
export function mondayWebhook(
  payload: unknown,
  given: { url?: string; key?: string; alg?: string; exp?: number | undefined; aud?: string | undefined } = {},
): WebhookRequest {
  const { url = '/webhooks/monday', key = secret, alg = 'HS256' } = given
  const times = { exp: noon / 1000 + 300, iat: noon / 1000 }
  const aud = `https://bridge.example${url}`
  const { exp, ...audience } = { aud, ...times, ...given }
  const claims = { accountId: 1825529, userId: 4012689, aud: audience.aud, exp, iat: times.iat, shortLivedToken: 't' }
  const signed = `${base64url({ alg, typ: 'JWT' })}.${base64url(claims)}`
  const signature = createHmac('sha256', key).update(signed).digest('base64url')
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', authorization: `${signed}.${signature}` },
    body: bodyOf(payload),
  }
}
