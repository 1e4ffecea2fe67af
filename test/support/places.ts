export type Json = Record<string, unknown>

/** Every place in a JSON value that a test may put something else into: what holds it, and the key. */
export function placesIn(json: Json): [Json, string][] {
  return Object.entries(json).flatMap(([key, value]): [Json, string][] => [
    [json, key],
    ...(typeof value === 'object' && value !== null ? placesIn(value as Json) : []),
  ])
}
