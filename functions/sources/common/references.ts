import { MessageId } from '../../state/changes.ts'

/** `chatroom_message/42` in a URL, `chatroom-message:42` as a tag, with any of `/ : # =` between. */
const reference = /(?<![a-z0-9])chatroom[_-]?messages?(?:[/#=]|: ?)([a-z0-9_-]+)/gi

/**
 * Finds the chat messages that texts refer to, each once, in the order of the texts. Skips what is no text.
 * @returns canonical ids
 */
export function referencesIn(...texts: unknown[]): string[] {
  const found = new Set<string>()
  for (const text of texts) {
    for (const [, written = ''] of typeof text === 'string' ? text.matchAll(reference) : []) {
      const id = MessageId.safeParse(trimmed(written))
      if (id.success) found.add(id.data)
    }
  }
  return [...found]
}

/** Drops Markdown's emphasis and dashes around the number. A regular expression would take quadratic time. */
function trimmed(written: string): string {
  let [start, end] = [0, written.length]
  while (start < end && '_-'.includes(written.charAt(start))) start += 1
  while (end > start && '_-'.includes(written.charAt(end - 1))) end -= 1
  return written.slice(start, end)
}
