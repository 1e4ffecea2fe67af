import { createHmac } from 'node:crypto'
import { header, type ReceiveContext, type WebhookRequest } from '../source.ts'
import type { DeclaredHmac } from './declared-hmac-options.ts'
import { equal, keyOfBase64, timestampFailure } from './signature.ts'

/**
 * Verifies a request by a declared scheme.
 * @returns why it fails, or undefined when it holds
 */
export function declaredHmacFailure(
  request: WebhookRequest,
  scheme: DeclaredHmac,
  { secrets, now }: ReceiveContext,
): string | undefined {
  const { encoding, signatureHeader, timestampHeader, timestampUnit, tolerance, idHeader } = scheme
  const given = partsAfter(prefixOf(scheme), header(request, signatureHeader), scheme)
  const [timestamp] = timestampHeader
    ? partsAfter(scheme.timestampPrefix ?? '', header(request, timestampHeader), scheme)
    : []
  if (timestampHeader) {
    const stale = timestampFailure(timestampHeader, timestamp, now, { unit: timestampUnit, tolerance })
    if (stale !== undefined) return stale
  }
  const id = idHeader && header(request, idHeader)
  if (id === undefined && scheme.signedText.includes('{id}')) return `${idHeader} is missing.`

  const written = encoding === 'hex' ? given.map((digest) => digest.toLowerCase()) : given
  const holds = secrets.some((secret) => {
    const expected = digestOf(request.body, scheme, secret, { id, timestamp })
    return expected !== undefined && written.some((digest) => equal(expected, digest))
  })
  return holds ? undefined : `${signatureHeader} does not match: expected ${expectation(scheme)}.`
}

/** The headers of a body that is signed by a declared scheme, as a sender of the system would write them. */
export function declaredHmacHeaders(
  body: Uint8Array,
  scheme: DeclaredHmac,
  { secret, id, now }: { secret: string; id: string; now: Date },
): Record<string, string> {
  const { signatureHeader, signatureSeparator = ',', timestampHeader, timestampPrefix = '', idHeader } = scheme
  const divisor = scheme.timestampUnit === 'milliseconds' ? 1 : 1000
  const timestamp = String(Math.floor(now.getTime() / divisor))
  const signature = `${prefixOf(scheme)}${digestOf(body, scheme, secret, { id, timestamp })}`
  const stamp = `${timestampPrefix}${timestamp}`
  return {
    ...(idHeader && { [idHeader]: id }),
    ...(timestampHeader && { [timestampHeader]: stamp }),
    [signatureHeader]: timestampHeader === signatureHeader ? `${stamp}${signatureSeparator}${signature}` : signature,
  }
}

/** The digest as it is written; undefined for a secret that is no key. */
function digestOf(
  body: Uint8Array,
  { algorithm, encoding, secretEncoding, signedText }: DeclaredHmac,
  secret: string,
  { id = '', timestamp = '' }: { id?: string | undefined; timestamp?: string | undefined },
): string | undefined {
  const key = secretEncoding === 'base64' ? keyOfBase64(secret) : secret
  if (!key) return undefined
  const fill = (text: string) => text.replace(/\{(timestamp|id)\}/g, (name) => (name === '{id}' ? id : timestamp))
  // Split first, so that a header that says {body} is only text.
  const [before = '', after = ''] = signedText.split('{body}').map(fill)
  return createHmac(algorithm, key).update(before).update(body).update(after).digest(encoding)
}

function prefixOf({ signaturePrefix, encoding, algorithm }: DeclaredHmac): string {
  return signaturePrefix ?? (encoding === 'hex' ? `${algorithm}=` : '')
}

function expectation(scheme: DeclaredHmac): string {
  const prefix = prefixOf(scheme)
  const signed = scheme.signedText === '{body}' ? 'the raw body' : scheme.signedText
  return `${prefix && `${prefix} and `}the ${scheme.encoding} HMAC-${scheme.algorithm.toUpperCase()} of ${signed}`
}

/** What follows the prefix in each part of a header's value that has it. */
function partsAfter(
  prefix: string,
  value: string | undefined,
  { signatureSeparator }: Pick<DeclaredHmac, 'signatureSeparator'>,
): string[] {
  const parts = signatureSeparator === undefined ? [value ?? ''] : (value ?? '').split(signatureSeparator)
  return parts
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix))
    .map((part) => part.slice(prefix.length))
}
