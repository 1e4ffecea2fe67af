/** Bytes of the longest body that a handshake may have. */
export const handshakeLimit = 4096

/**
 * The JSON of a body, for what stands in it and has to be known before anybody has proven anything.
 * @param most bytes that it may have
 * @returns undefined for a longer one, and for what isn't JSON
 */
export function readJson(body: Uint8Array, most = Number.POSITIVE_INFINITY): unknown {
  if (body.byteLength > most) return undefined
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined
  }
}
