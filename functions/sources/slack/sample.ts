import { loadEmojis, shortNameOf } from '../common/emoji.ts'
import {
  defaultText,
  hmacProof,
  jsonSample,
  naming,
  needsReferences,
  type OptionsOf,
  type Samples,
} from '../common/sample.ts'
import { scheme, type slack } from './adapter.ts'

type Type = 'reaction.added' | 'reaction.removed' | 'text.edited' | 'link.added'

/**
 * An event of a message; the object is `channel/ts`. A reaction names no chat message, so it stands in the URL; a posted
 * message refers to it.
 */
export const sample: Samples<OptionsOf<typeof slack>, Type> = {
  types: ['reaction.added', 'reaction.removed', 'text.edited', 'link.added'],
  needs: needsReferences,
  ready: loadEmojis,

  write(event, { options, ...sender }) {
    const { id, type, occurredAt, actor: user = 'U123ABC456', emoji = '👍', text: given } = event
    const [channel, ts = ''] = (event.object ?? 'C123ABC456/1795345100.498405').split('/')
    const event_ts = `${(Date.parse(occurredAt) / 1000).toFixed(3)}000`
    const { reference, path } = naming(event, options.references !== 'none' && !type.startsWith('reaction'))
    const text = [given ?? `${defaultText}:`, reference].filter(Boolean).join(' ')
    const reaction = { user, reaction: shortNameOf(emoji) ?? emoji, item: { type: 'message', channel, ts }, event_ts }
    const message = { type: 'message', channel, event_ts }
    const events: Record<Type, object> = {
      'reaction.added': { type: 'reaction_added', ...reaction },
      'reaction.removed': { type: 'reaction_removed', ...reaction },
      'link.added': { ...message, ts, user, text },
      'text.edited': {
        ...message,
        subtype: 'message_changed',
        ts: event_ts,
        message: { type: 'message', ts, user, text, edited: { user, ts: event_ts } },
        previous_message: { type: 'message', ts, user, text: '' },
      },
    }
    const payload = { type: 'event_callback', event_id: id, event: events[type] }
    return jsonSample(payload, id, hmacProof(scheme, sender, id), { path })
  },
}
