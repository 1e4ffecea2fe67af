import * as z from 'zod'

const Delta = z.object({
  ops: z.array(
    z.object({ insert: z.unknown(), attributes: z.looseObject({ link: z.unknown().optional() }).nullish() }),
  ),
})

/**
 * What people read in a Quill delta (https://quilljs.com/docs/delta) that is written as JSON text.
 * @returns the plain text, and with it what its links lead to; undefined where it is no delta
 */
export function wordsOfDelta(written: unknown): { text: string; words: string[] } | undefined {
  const ops = Delta.safeParse(parsed(written)).data?.ops
  if (!ops) return undefined
  const text = ops.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('')
  const links = ops.flatMap(({ attributes }) => (typeof attributes?.link === 'string' ? [attributes.link] : []))
  return { text, words: [text, ...links] }
}

function parsed(written: unknown): unknown {
  try {
    return typeof written === 'string' ? JSON.parse(written) : written
  } catch {
    return undefined
  }
}
