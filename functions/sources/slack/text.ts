/** The parts of a Slack message that people read. */
export type Readable = {
  text?: string | null | undefined
  blocks?: unknown
  attachments?: Record<string, unknown>[] | null | undefined
}

/** The fields of Slack's blocks and older attachments with text and links. */
const readable = new Set(['text', 'url', 'title', 'title_link', 'pretext', 'fallback', 'value'])

/**
 * The text of a message in which references count. Previews of linked pages and messages are left out: a stranger may have
 * written them.
 */
export function wordsOf({ text, blocks, attachments }: Readable): string {
  const own = (attachments ?? []).filter((attachment) => !('from_url' in attachment))
  const words = [text ?? '']
  // A loop, not recursion: the sender decides how deep the blocks are nested.
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
