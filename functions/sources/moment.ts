/** A moment that a payload writes in ISO 8601 or as ms since 1970, as `Date.toISOString` writes it; undefined for none. */
export function momentOf(written: string | number | null | undefined): string | undefined {
  const time = typeof written === 'string' ? Date.parse(written) : (written ?? Number.NaN)
  // Beyond 100 million days from 1970 there is no Date (ECMA-262, "Time Values").
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : undefined
}
