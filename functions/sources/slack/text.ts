/** A Slack message, as far as people read it. */
export type Readable = {
  text?: string | null | undefined
  blocks?: unknown
  attachments?: Record<string, unknown>[] | null | undefined
}

/** Where Slack's blocks and older attachments keep what people read, and what they link to. */
const readable = new Set(['text', 'url', 'title', 'title_link', 'pretext', 'fallback', 'value'])

/**
 * All that a message says, for looking for references in it. What Slack shows of a page or of another message that it links
 * to is left out: those are other people's words, perhaps a stranger's.
 */
export function wordsOf({ text, blocks, attachments }: Readable): string {
  const own = (attachments ?? []).filter((attachment) => !('from_url' in attachment))
  const words = [text ?? '']
  // No recursion: the sender decides how deep it goes.
  const nested: unknown[] = [blocks, own]
  for (const value of nested) {
    for (const [key, inner] of Object.entries(value ?? {})) {
      if (typeof inner === 'object') nested.push(inner)
      else if (typeof inner === 'string' && readable.has(key)) words.push(inner)
    }
  }
  return words.join('\n')
}

/** Slack's markup as plain text: links, mentions and escaped characters (docs.slack.dev, "Formatting message text"). */
export function plainText(mrkdwn: string): string {
  return mrkdwn
    .replace(/<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>/g, (_, sign: string, target: string, label?: string) => {
      if (sign === '!') return label ?? `@${target}`
      if (sign !== '') return sign + (label ?? target)
      return label === undefined || target.endsWith(label) ? (label ?? target) : `${label} (${target})`
    })
    .replace(/&(amp|lt|gt);/g, (_, name: 'amp' | 'lt' | 'gt') => ({ amp: '&', lt: '<', gt: '>' })[name])
}
