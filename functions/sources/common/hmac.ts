import { createHmac } from 'node:crypto'
import * as z from 'zod'
import {
  header,
  type ReceiveContext,
  refused,
  type Source,
  type Verdict,
  verified,
  type WebhookRequest,
} from '../source.ts'
import { equal, keyOfBase64, timestampFailure } from './signature.ts'

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, 'expected the name of a header')
  .toLowerCase()

/** How a system signs, as settings: an HMAC whose header, digest and signed text are named. */
export const hmacOptions = {
  /** The header that carries the signature. */
  signatureHeader: HeaderName.default('x-signature-256'),
  algorithm: z.enum(['sha1', 'sha256', 'sha512']).default('sha256'),
  /** How the digest is written. */
  encoding: z.enum(['hex', 'base64']).default('hex'),
  /** The text before the digest; by default the algorithm and `=` before hex, and nothing before base64. */
  signaturePrefix: z.string().max(64).optional(),
  /** The character between the parts of a header such as `t=…,v1=…,v1=…`. One matching part with the prefix is enough. */
  signatureSeparator: z.string().length(1).optional(),
  /** The signed text: `{body}` as received, with `{timestamp}` and `{id}` as their headers carry them. */
  signedText: z.string().max(256).default('{body}'),
  /** `text`: the key is the secret as it stands. `base64`: the key is the decoded secret, without a leading `whsec_`. */
  secretEncoding: z.enum(['text', 'base64']).default('text'),
  /** The header that carries the timestamp; it may be the signature's. */
  timestampHeader: HeaderName.optional(),
  /** The text before the timestamp, such as `t=`. */
  timestampPrefix: z.string().max(64).optional(),
  /** Since 1970; seconds by default. */
  timestampUnit: z.enum(['seconds', 'milliseconds']).optional(),
  /** Seconds that the timestamp may differ from our clock, either way; 300 by default. */
  tolerance: z.int().min(1).max(86_400).optional(),
  /** The header that carries the delivery's id, which a repeated delivery repeats. */
  idHeader: HeaderName.optional(),
}
const HmacScheme = z.object(hmacOptions)
export type HmacScheme = z.infer<typeof HmacScheme>

/** Adds an issue for each option that has no effect, or that leaves open what the signature covers. */
export function checkHmac(scheme: HmacScheme, context: z.RefinementCtx): void {
  const { signedText, timestampHeader, idHeader } = scheme
  const wrong = (option: keyof HmacScheme, message: string) =>
    context.addIssue({ code: 'custom', path: [option], message })
  const placeholders: string[] = signedText.match(/\{[^{}]*\}/g) ?? []
  const unknown = placeholders.find((name) => !['{body}', '{timestamp}', '{id}'].includes(name))
  if (unknown) wrong('signedText', `${unknown} is not known; expected {body}, {timestamp} and {id}`)
  if (placeholders.filter((name) => name === '{body}').length !== 1) {
    wrong('signedText', 'expected {body} once: anybody can change what is not signed')
  }
  const signs = (name: string) => placeholders.includes(name)
  if (signs('{timestamp}') && !timestampHeader) wrong('timestampHeader', 'expected the header of {timestamp}')
  if (signs('{id}') && !idHeader) wrong('idHeader', 'expected the header of {id}')
  if (timestampHeader && !signs('{timestamp}')) {
    wrong('timestampHeader', 'expected {timestamp} in signedText: a timestamp that is not signed proves nothing')
  }
  for (const option of ['timestampPrefix', 'timestampUnit', 'tolerance'] as const) {
    if (scheme[option] !== undefined && !timestampHeader)
      wrong(option, 'expected a timestamp with it: timestampHeader, and {timestamp} in signedText')
  }
}

/** A scheme that stands in the code of a kind. */
export function hmacScheme(scheme: z.input<typeof HmacScheme>): HmacScheme {
  return HmacScheme.superRefine(checkHmac).parse(scheme)
}

/** The Standard Webhooks scheme (https://github.com/standard-webhooks/standard-webhooks), in headers that start with `prefix`. */
function standardScheme(prefix: string): HmacScheme {
  return hmacScheme({
    signatureHeader: `${prefix}-signature`,
    signaturePrefix: 'v1,',
    signatureSeparator: ' ',
    encoding: 'base64',
    secretEncoding: 'base64',
    signedText: '{id}.{timestamp}.{body}',
    timestampHeader: `${prefix}-timestamp`,
    idHeader: `${prefix}-id`,
  })
}
export const standardWebhooksScheme = standardScheme('webhook')
/** Svix, where the specification comes from, sends the same under its own header names. */
export const svixScheme = standardScheme('svix')

/** Makes the `authenticate` of a kind whose scheme takes no options. The hints tell people what to compare. */
export function authenticateByHmac(
  scheme: HmacScheme,
  hints: { missing: string; mismatch?: string },
): Source['authenticate'] {
  return (request, _, context) => verdictByHmac(request, scheme, context, hints)
}

/** Verifies a request by a scheme; tells what is missing or does not match, with the hint. */
export function verdictByHmac(
  request: WebhookRequest,
  scheme: HmacScheme,
  context: ReceiveContext,
  { missing, mismatch }: { missing?: string; mismatch?: string } = {},
): Verdict {
  const { signatureHeader } = scheme
  if (header(request, signatureHeader) === undefined) {
    return refused(`${signatureHeader} is missing${missing === undefined ? '.' : `: ${missing}`}`)
  }
  const failure = hmacFailure(request, scheme, context, mismatch)
  return failure === undefined ? verified : refused(failure)
}

/**
 * Verifies a request by a scheme.
 * @param hint what people should compare when the signature does not match
 * @returns why it fails, or undefined when it holds
 */
export function hmacFailure(
  request: WebhookRequest,
  scheme: HmacScheme,
  { secrets, now }: ReceiveContext,
  hint = `expected ${expectation(scheme)}.`,
): string | undefined {
  const { encoding, signatureHeader, timestampHeader, timestampUnit, tolerance, idHeader } = scheme
  const given = partsAfter(prefixOf(scheme), header(request, signatureHeader), scheme)
  const id = idHeader && header(request, idHeader)
  if (id === undefined && scheme.signedText.includes('{id}')) return `${idHeader} is missing.`
  const [timestamp] = timestampHeader
    ? partsAfter(scheme.timestampPrefix ?? '', header(request, timestampHeader), scheme)
    : []
  if (timestampHeader) {
    const stale = timestampFailure(timestampHeader, timestamp, now, { unit: timestampUnit, tolerance })
    if (stale !== undefined) return stale
  }
  const written = encoding === 'hex' ? given.map((digest) => digest.toLowerCase()) : given
  const matches = secrets.some((secret) => {
    const expected = digestOf(request.body, scheme, secret, { id, timestamp })
    return expected !== undefined && written.some((digest) => equal(expected, digest))
  })
  return matches ? undefined : `${signatureHeader} does not match: ${hint}`
}

/** The headers that prove a body, as a sender of the system writes them. */
export function hmacHeaders(
  body: string,
  scheme: HmacScheme,
  { secret, id, now }: { secret: string; id: string; now: Date },
): Record<string, string> {
  const { signatureHeader, signatureSeparator = ',', timestampHeader, timestampPrefix = '', idHeader } = scheme
  const divisor = scheme.timestampUnit === 'milliseconds' ? 1 : 1000
  const timestamp = String(Math.floor(now.getTime() / divisor))
  const signature = `${prefixOf(scheme)}${digestOf(Buffer.from(body), scheme, secret, { id, timestamp })}`
  const stamp = `${timestampPrefix}${timestamp}`
  return {
    ...(idHeader && { [idHeader]: id }),
    ...(timestampHeader && { [timestampHeader]: stamp }),
    [signatureHeader]: timestampHeader === signatureHeader ? `${stamp}${signatureSeparator}${signature}` : signature,
  }
}

/** The digest as the header carries it; undefined for a secret that is no key. */
function digestOf(
  body: Uint8Array,
  { algorithm, encoding, secretEncoding, signedText }: HmacScheme,
  secret: string,
  { id = '', timestamp = '' }: { id?: string | undefined; timestamp?: string | undefined },
): string | undefined {
  const key = secretEncoding === 'base64' ? keyOfBase64(secret) : secret
  if (!key) return undefined
  const fill = (text: string) => text.replace(/\{(timestamp|id)\}/g, (name) => (name === '{id}' ? id : timestamp))
  // Split before filling in: a header value with {body} in it is only text.
  const [before = '', after = ''] = signedText.split('{body}').map(fill)
  return createHmac(algorithm, key).update(before).update(body).update(after).digest(encoding)
}

function prefixOf({ signaturePrefix, encoding, algorithm }: HmacScheme): string {
  return signaturePrefix ?? (encoding === 'hex' ? `${algorithm}=` : '')
}

function expectation(scheme: HmacScheme): string {
  const prefix = prefixOf(scheme)
  const signed = scheme.signedText === '{body}' ? 'the raw body' : scheme.signedText
  return `${prefix && `${prefix} and `}the ${scheme.encoding} HMAC-${scheme.algorithm.toUpperCase()} of ${signed}`
}

/** The text after the prefix in each part of a header's value that has the prefix. */
function partsAfter(prefix: string, value: string | undefined, { signatureSeparator }: HmacScheme): string[] {
  const parts = signatureSeparator === undefined ? [value ?? ''] : (value ?? '').split(signatureSeparator)
  return parts
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix))
    .map((part) => part.slice(prefix.length))
}
