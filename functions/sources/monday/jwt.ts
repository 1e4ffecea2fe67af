import * as z from 'zod'
import { verifyHmac } from '../common/signature.ts'

const Header = z.object({ alg: z.literal('HS256') })
const Claims = z.object({ exp: z.number(), aud: z.union([z.string(), z.array(z.string())]).optional() })

/**
 * Verifies a JSON Web Token that is signed with HMAC-SHA256 (RFC 7519, RFC 7518 §3.2), and that it has not expired.
 * @returns the audience that it names, if any; undefined when it does not hold
 */
export function verifiedJwt(token: string, secrets: readonly string[], now: Date): { audience: string[] } | undefined {
  const [, header = '', claims = '', signature = ''] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token) ?? []
  const scheme = { encoding: 'base64url', prefix: '' } as const
  if (!verifyHmac(Buffer.from(`${header}.${claims}`), signature, secrets, scheme)) return undefined
  // Whatever the token says of itself, no other algorithm is taken.
  const { data } = Claims.safeParse(decoded(claims))
  if (!Header.safeParse(decoded(header)).success || !data || data.exp * 1000 <= now.getTime()) return undefined
  return { audience: [data.aud ?? []].flat() }
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch {
    return undefined
  }
}
