import * as z from 'zod'

/**
 * Text of 1 to `max` characters. The bounds stand behind a pipe: zod measures what is no text too, and the `length` of an
 * object may be one that can't be compared, which would throw.
 */
export function nonEmptyString(max = Number.POSITIVE_INFINITY) {
  return z.string().pipe(z.string().min(1).max(max))
}
