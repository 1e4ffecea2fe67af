import * as z from 'zod'

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, 'expected the name of a header')
  .toLowerCase()

/** How a system signs, in settings instead of code: an HMAC whose header, digest and signed text are named. */
export const declaredHmacOptions = {
  /** Which header carries the signature. */
  signatureHeader: HeaderName.default('x-signature-256'),
  algorithm: z.enum(['sha1', 'sha256', 'sha512']).default('sha256'),
  /** How the digest is written. */
  encoding: z.enum(['hex', 'base64']).default('hex'),
  /** What stands before the digest; without the option `sha256=` (or the algorithm chosen) before hex, nothing before base64. */
  signaturePrefix: z.string().max(64).optional(),
  /** What separates the parts of a header with several, such as `t=…,v1=…,v1=…`; any part with the prefix may hold. */
  signatureSeparator: z.string().length(1).optional(),
  /** What is signed: `{body}` as it came, with `{timestamp}` and `{id}` as their headers carry them. */
  signedText: z.string().max(256).default('{body}'),
  /** Whether the key is the secret's text as it stands, or what it says in base64 (a `whsec_` before it is no part of it). */
  secretEncoding: z.enum(['text', 'base64']).default('text'),
  /** Which header carries the timestamp; it may be the signature's. */
  timestampHeader: HeaderName.optional(),
  /** What stands before the timestamp, such as `t=`. */
  timestampPrefix: z.string().max(64).optional(),
  /** seconds (without the option) or milliseconds since 1970. */
  timestampUnit: z.enum(['seconds', 'milliseconds']).optional(),
  /** How many seconds the timestamp may be away from our clock, either way: 300 without the option. */
  tolerance: z.int().min(1).max(86_400).optional(),
  /** Which header carries the delivery's id, which a repeated delivery repeats. */
  idHeader: HeaderName.optional(),
}
const DeclaredHmac = z.object(declaredHmacOptions)
export type DeclaredHmac = z.infer<typeof DeclaredHmac>

/** Adds an issue for whatever can't be meant: options that have no effect, or that leave open what a signature is for. */
export function checkDeclaredHmac(scheme: DeclaredHmac, context: z.RefinementCtx): void {
  const { signedText, timestampHeader, idHeader } = scheme
  const wrong = (option: keyof DeclaredHmac, message: string) =>
    context.addIssue({ code: 'custom', path: [option], message })
  const placeholders: string[] = signedText.match(/\{[^{}]*\}/g) ?? []
  const unknown = placeholders.find((name) => !['{body}', '{timestamp}', '{id}'].includes(name))
  if (unknown) wrong('signedText', `${unknown} is not known; expected {body}, {timestamp} and {id}`)
  if (placeholders.filter((name) => name === '{body}').length !== 1) {
    wrong('signedText', 'expected {body} once: what is not signed, anybody can change')
  }
  const signs = (name: string) => placeholders.includes(name)
  if (signs('{timestamp}') && !timestampHeader) wrong('timestampHeader', 'expected the header of {timestamp}')
  if (signs('{id}') && !idHeader) wrong('idHeader', 'expected the header of {id}')
  if (timestampHeader && !signs('{timestamp}')) {
    wrong('timestampHeader', 'expected {timestamp} in signedText: one that is not signed proves nothing')
  }
  for (const option of ['timestampPrefix', 'timestampUnit', 'tolerance'] as const) {
    if (scheme[option] !== undefined && !timestampHeader)
      wrong(option, 'expected a timestamp with it: timestampHeader, and {timestamp} in signedText')
  }
}

/** A scheme that a kind of source has in its code. */
export function declaredHmac(scheme: z.input<typeof DeclaredHmac>): DeclaredHmac {
  return DeclaredHmac.superRefine(checkDeclaredHmac).parse(scheme)
}
