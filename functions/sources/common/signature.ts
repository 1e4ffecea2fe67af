import { createHmac, hash, timingSafeEqual } from 'node:crypto'

/** How far a signed timestamp may be from our clock, either way (Standard Webhooks' libraries and Slack's guide use the same). */
const toleranceSeconds = 300

/**
 * Verifies a plain HMAC over the raw body, as GitHub and many others send it. The secret's UTF-8 bytes are the key.
 * @param signature the header's value, such as `sha256=<hex>`
 * @param options.prefix what stands before the digest
 * @param options.before what is signed before the body
 * @param options.after what is signed after it
 */
export function verifyHmac(
  body: Uint8Array,
  signature: string,
  secrets: readonly string[],
  {
    algorithm = 'sha256',
    encoding = 'hex' as 'hex' | 'base64' | 'base64url',
    prefix = 'sha256=',
    before = '',
    after = '',
  } = {},
): boolean {
  const written = signature.startsWith(prefix) ? signature.slice(prefix.length) : ''
  const digest = encoding === 'hex' ? written.toLowerCase() : written
  return usable(secrets).some((secret) =>
    equal(createHmac(algorithm, secret).update(before).update(body).update(after).digest(encoding), digest),
  )
}

/**
 * Why a signed timestamp isn't one of now. A stamp of the future is refused too: it would let a request be repeated for
 * longer than the tolerance.
 * @param name the header that carries it
 * @param timestamp a whole number since 1970, in seconds or in the unit of the options
 * @param options.tolerance seconds
 */
export function timestampFailure(
  name: string,
  timestamp: string | undefined,
  now: Date,
  options: { unit?: 'seconds' | 'milliseconds' | undefined; tolerance?: number | undefined } = {},
): string | undefined {
  const { unit = 'seconds', tolerance = toleranceSeconds } = options
  if (timestamp === undefined || !/^\d{1,15}$/.test(timestamp)) {
    return `${name} must be a time in whole ${unit} since 1970.`
  }
  const seconds = unit === 'seconds' ? Number(timestamp) : Number(timestamp) / 1000
  return Math.abs(now.getTime() / 1000 - seconds) > tolerance
    ? `${name} is more than ${tolerance} seconds away from this server's clock.`
    : undefined
}

/**
 * Verifies Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks, spec): HMAC-SHA256 over
 * `id.timestamp.body`; any signature of version v1 that matches any secret will do.
 * @param headers the values of webhook-id, webhook-timestamp (seconds) and webhook-signature
 * @returns why it fails, or undefined when it holds
 */
export function standardWebhooksFailure(
  body: Uint8Array,
  headers: { id: string | undefined; timestamp: string | undefined; signature: string },
  secrets: readonly string[],
  now: Date,
): string | undefined {
  const { id, timestamp, signature } = headers
  if (id === undefined) return 'webhook-id is missing.'
  const stale = timestampFailure('webhook-timestamp', timestamp, now)
  if (stale !== undefined) return stale
  const given = signature.split(' ').filter((part) => part.startsWith('v1,'))
  const holds = secrets.some((secret) => {
    const key = keyOfBase64(secret)
    if (!key) return false
    const expected = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
    return given.some((part) => equal(expected, part))
  })
  return holds ? undefined : 'webhook-signature does not match.'
}

/** Verifies a bearer token: one of the secrets, as it stands. */
export function verifyBearer(token: string, secrets: readonly string[]): boolean {
  return usable(secrets).some((secret) => equal(secret, token))
}

/** The bytes behind `whsec_`, or without it. Text that isn't base64 is no key: decoding what can be of it might leave a byte or two to guess. */
export function keyOfBase64(secret: string): Buffer | undefined {
  const base64 = secret.replace(/^whsec_/, '')
  return /^[A-Za-z0-9+/]{2,}={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined
}

/** An empty key would let everybody sign. */
function usable(secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => secret.length > 0)
}

/** Equality in a time that tells nothing about where two strings differ, nor how long the secret one is. */
export function equal(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
