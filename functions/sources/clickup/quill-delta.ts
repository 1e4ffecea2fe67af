import * as z from 'zod'
import { parseJson } from '../common/parse-json.ts'

const Delta = z.object({
  ops: z.array(
    z.object({ insert: z.unknown(), attributes: z.looseObject({ link: z.unknown().optional() }).nullish() }),
  ),
})

/**
 * Reads a Quill delta (https://quilljs.com/docs/delta), as JSON text or parsed.
 * @returns the plain text, and that text with the targets of its links; undefined when it is no delta
 */
export function wordsOfDelta(written: unknown): { text: string; words: string[] } | undefined {
  const ops = Delta.safeParse(typeof written === 'string' ? parseJson(written) : written).data?.ops
  if (!ops) return undefined
  const text = ops.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('')
  const links = ops.flatMap(({ attributes }) => (typeof attributes?.link === 'string' ? [attributes.link] : []))
  return { text, words: [text, ...links] }
}
