import { seeded } from '../support/random.ts'

/** Characters that parsers, paths and logs stumble over, beside plain ones. */
const odd = [
  '\0',
  '\t',
  '\n',
  '\r',
  ' ',
  '"',
  "'",
  '%',
  '&',
  '/',
  '<',
  '\\',
  '{',
  '\u007f',
  'é',
  '\u2028',
  '\uffff',
  '💥',
]
const plain = 'abcdefghijklmnopqrstuvwxyz'

/** What a sender who means no good draws from. */
export type Random = ReturnType<typeof hostile>

/** Chance from a seed, and bytes and texts drawn by it. */
export function hostile(seed: number) {
  const random = seeded(seed)
  const { next, between, pick } = random
  const many = <T>(length: number, make: (index: number) => T) => Array.from({ length }, (_, index) => make(index))
  return {
    ...random,
    bytes: (length: number) => Buffer.from(many(length, () => between(0, 255))),
    /** Lower-case letters. */
    word: (length: number) => many(length, () => plain.charAt(between(0, 25))).join(''),
    /** Anything that a string may carry, a lone surrogate now and then. */
    text: (length: number) =>
      many(length, () =>
        next() < 0.5
          ? plain.charAt(between(0, 25))
          : next() < 0.9
            ? pick(odd)
            : String.fromCharCode(between(0xd800, 0xdfff)),
      ).join(''),
  }
}

/** Any JSON value, with `marker` among its texts; its keys mean nothing to any source. */
export function jsonValue(random: Random, marker: string, depth = 3): unknown {
  const nested = () => jsonValue(random, marker, depth - 1)
  switch (random.between(depth > 0 ? 0 : 2, 7)) {
    case 0:
      return Array.from({ length: random.between(1, 4) }, nested)
    case 1:
      return Object.fromEntries(Array.from({ length: random.between(0, 4) }, () => [`x-${random.text(3)}`, nested()]))
    case 2:
      return null
    case 3:
      return random.chance(0.5)
    case 4:
      return random.between(-1e9, 1e9) / random.pick([1, 3, 1e9])
    case 5:
      return marker
    default:
      return random.text(random.between(0, 12))
  }
}
