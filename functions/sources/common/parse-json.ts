/** Bytes of the longest body that a handshake may have. */
export const handshakeLimit = 4096

/** Parses JSON text; undefined for what isn't JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses a body before the sender is verified; undefined for what isn't JSON or has more than `maxBytes`. */
export function readJson(body: Uint8Array, maxBytes = Number.POSITIVE_INFINITY): unknown {
  return body.byteLength > maxBytes ? undefined : parseJson(Buffer.from(body).toString())
}
