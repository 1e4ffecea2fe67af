import { createHmac } from 'node:crypto'
import * as z from 'zod'
import { parseJson } from '../common/parse-json.ts'
import { equal } from '../common/signature.ts'

const Header = z.object({ alg: z.literal('HS256') })
const Claims = z.object({ exp: z.number(), aud: z.union([z.string(), z.array(z.string())]).optional() })

/**
 * Verifies a JSON Web Token that is signed with HMAC-SHA256 (RFC 7519, RFC 7518 §3.2) and has not expired. No other
 * algorithm is accepted, whatever the token says.
 * @returns the audience that it names, if any; undefined when it does not hold
 */
export function verifiedJwt(token: string, secrets: readonly string[], now: Date): { audience: string[] } | undefined {
  const [, header = '', claims = '', signature = ''] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token) ?? []
  const holds = secrets.some((secret) => secret !== '' && equal(jwtSignature(`${header}.${claims}`, secret), signature))
  if (!holds || !Header.safeParse(decoded(header)).success) return undefined
  const { data } = Claims.safeParse(decoded(claims))
  if (!data || data.exp * 1000 <= now.getTime()) return undefined
  return { audience: [data.aud ?? []].flat() }
}

/** The signature of a token's first two parts, by HS256. */
export function jwtSignature(signed: string, secret: string): string {
  return createHmac('sha256', secret).update(signed).digest('base64url')
}

function decoded(part: string): unknown {
  return parseJson(Buffer.from(part, 'base64url').toString())
}
