import { hash, timingSafeEqual } from 'node:crypto'

/** How far a signed timestamp may differ from our clock, either way; the same as Standard Webhooks and Slack recommend. */
const toleranceSeconds = 300

/**
 * Says why a signed timestamp is not current. One in the future is refused too: it would let a request be repeated for
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

/** Verifies a bearer token: one of the secrets, as it stands. */
export function verifyBearer(token: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => secret !== '' && equal(secret, token))
}

/** The bytes of a base64 secret, with or without `whsec_`. Text that isn't base64 is no key: half of it decoded is easy to guess. */
export function keyOfBase64(secret: string): Buffer | undefined {
  const base64 = secret.replace(/^whsec_/, '')
  return /^[A-Za-z0-9+/]{2,}={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined
}

/** Compares in a time that depends neither on where two strings differ nor on how long the secret one is. */
export function equal(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
