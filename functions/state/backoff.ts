const first = 2_000
/** ms; the longest delay that SQS knows. */
export const longest = 15 * 60_000

/**
 * When to try again after `attempts` failures in a row: exponential with full jitter, from 2 s to 15 min.
 * @param random uniform in [0, 1)
 * @returns milliseconds
 */
export function backoff(attempts: number, random: number): number {
  return Math.round(random * Math.min(longest, first * 2 ** Math.max(0, attempts - 1)))
}

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds, or an HTTP date.
 * @param now epoch ms
 * @returns milliseconds, at most 15 min; undefined when the header says nothing readable
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.min(longest, Math.max(0, wait))
}
