import { createHmac } from 'node:crypto'
import { loadEmojis, shortNameOf } from '../common/emoji.ts'
import { asked, json, naming, type OptionsOf, type Samples } from '../common/sample.ts'
import type { slack as source } from './adapter.ts'

type Type = 'reaction.added' | 'reaction.removed' | 'text.edited' | 'link.added'

/**
 * An event of a message, whose id is the object: `channel/ts`. A reaction names no chat message, so it stands in the URL;
 * a posted message refers to it.
 */
export const slack: Samples<OptionsOf<typeof source>, Type> = {
  types: ['reaction.added', 'reaction.removed', 'text.edited', 'link.added'],

  needs: (type, { references }) =>
    type === 'link.added' && references === 'none' ? { references: 'everyone' } : undefined,

  ready: loadEmojis,

  write(event, { options, secret, now }) {
    const { id: eventId, type, occurredAt, actor: user = 'U123ABC456', emoji = '👍', text } = event
    const [channel, ts = ''] = (event.object ?? 'C123ABC456/1795345100.498405').split('/')
    const event_ts = `${(Date.parse(occurredAt) / 1000).toFixed(3)}000`
    const { reference, path } = naming(event, options.references !== 'none' && !type.startsWith('reaction'))
    const said = [text ?? `${asked}:`, reference].filter(Boolean).join(' ')
    const reaction = { user, reaction: shortNameOf(emoji) ?? emoji, item: { type: 'message', channel, ts }, event_ts }
    const message = { type: 'message', channel, event_ts }
    const events: Record<Type, object> = {
      'reaction.added': { type: 'reaction_added', ...reaction },
      'reaction.removed': { type: 'reaction_removed', ...reaction },
      'link.added': { ...message, ts, user, text: said },
      'text.edited': {
        ...message,
        subtype: 'message_changed',
        ts: event_ts,
        message: { type: 'message', ts, user, text: said, edited: { user, ts: event_ts } },
        previous_message: { type: 'message', ts, user, text: '' },
      },
    }
    const body = JSON.stringify({ type: 'event_callback', event_id: eventId, event: events[type] })
    const timestamp = String(Math.floor(now.getTime() / 1000))
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
    const headers = { ...json, 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature }
    return { eventId, headers, body, path }
  },
}
