import * as z from 'zod'
import { bounds } from '../../state/changes.ts'
import { emojiOf, loadEmojis } from '../common/emoji.ts'
import { editedEvent, eventsOf, reactionEvent, unknownEmoji, unreadable } from '../common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  type Interpretation,
  ignored,
  referencesOption,
  type Source,
  sourceOptions,
  type WebhookRequest,
} from '../source.ts'
import { plainText, wordsOf } from './text.ts'

const Options = sourceOptions('slack').extend({
  /** Only members, their guests and the apps that they installed write in a workspace. */
  references: referencesOption(),
})
type Options = z.infer<typeof Options>

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const scheme = hmacScheme({
  signatureHeader: 'x-slack-signature',
  signaturePrefix: 'v0=',
  signedText: 'v0:{timestamp}:{body}',
  timestampHeader: 'x-slack-request-timestamp',
})

/**
 * Slack's Events API (https://docs.slack.dev/apis/events-api): reactions to messages, edited messages, and references in
 * posted messages. The object is `channel/ts`. A repeated delivery repeats the event's id.
 */
export const slack: Source<Options> = {
  options: Options,
  authenticate: authenticateByHmac(scheme, {
    missing: 'is this an Events API request?',
    mismatch: 'is the secret the app’s signing secret?',
  }),
  ready: loadEmojis,
  interpret,
}

const Handshake = z.object({ type: z.literal('url_verification'), challenge: z.string().pipe(z.string().max(1000)) })
const Callback = z.object({
  type: z.literal('event_callback'),
  event_id: nonEmptyString(bounds.name),
  event: z.looseObject({ type: z.string() }),
})

const Reaction = z.object({
  type: z.enum(['reaction_added', 'reaction_removed']),
  user: z.string(),
  reaction: z.string(),
  item: z.object({ type: z.literal('message'), channel: nonEmptyString(), ts: nonEmptyString() }),
  event_ts: z.string().optional(),
})
const Message = z.object({
  subtype: z.string().nullish(),
  ts: nonEmptyString(),
  user: z.string().nullish(),
  bot_id: z.string().nullish(),
  text: z.string().nullish(),
  blocks: z.unknown().optional(),
  attachments: z.array(z.looseObject({})).nullish(),
  edited: z.object({ user: z.string().nullish() }).nullish(),
})
type Message = z.infer<typeof Message>
const MessageEvent = Message.extend({
  type: z.literal('message'),
  channel: nonEmptyString(),
  event_ts: z.string().nullish(),
  message: Message.nullish(),
  previous_message: z.object({ text: z.string().nullish() }).nullish(),
})
type MessageEvent = z.infer<typeof MessageEvent>

/** The subtypes of posted messages; the others tell about an older message, or about the channel. */
const posted = ['file_share', 'bot_message', 'thread_broadcast', 'me_message']

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const handshake = Handshake.safeParse(json)
  if (handshake.success) {
    const body = handshake.data.challenge
    return { kind: 'answered', response: { status: 200, headers: { 'content-type': 'text/plain' }, body } }
  }
  const callback = Callback.safeParse(json).data
  if (!callback) return ignored(unreadable)
  const { event_id: eventId, event } = callback
  const reaction = Reaction.safeParse(event)
  if (reaction.success) return interpretReaction(reaction.data, eventId)
  const message = MessageEvent.safeParse(event)
  if (!message.success) return ignored('an event of this form says nothing for a chat message', eventId)
  const { subtype } = message.data
  if (subtype === 'message_changed') return interpretEdit(message.data, eventId, options)
  return !subtype || posted.includes(subtype)
    ? interpretPost(message.data, eventId, options)
    : ignored('a message of this subtype says nothing for a chat message', eventId)
}

function interpretReaction(reaction: z.infer<typeof Reaction>, eventId: string): Interpretation {
  const { type, user, reaction: name, item, event_ts } = reaction
  const emoji = emojiOf(name)
  return eventsOf(emoji === undefined ? unknownEmoji : [reactionEvent(emoji, type === 'reaction_added')], {
    eventId,
    occurredAt: timestampOfSeconds(event_ts),
    actor: user,
    object: `${item.channel}/${item.ts}`,
  })
}

function interpretPost(event: MessageEvent, eventId: string, options: Options): Interpretation {
  return eventsOf('the message refers to no chat message', {
    eventId,
    occurredAt: timestampOfSeconds(event.event_ts ?? event.ts),
    actor: event.user ?? event.bot_id,
    object: `${event.channel}/${event.ts}`,
    references: referencesOf(event, options),
  })
}

/** Slack also sends this for the preview of a link, and when it removes the text of a deleted message with replies. */
function interpretEdit(event: MessageEvent, eventId: string, options: Options): Interpretation {
  const { channel, ts, event_ts, message, previous_message } = event
  if (!message || message.subtype === 'tombstone') {
    return ignored('a deleted message says nothing for a chat message', eventId)
  }
  const isEdited = previous_message?.text !== (message.text ?? '')
  return eventsOf(isEdited ? [editedEvent(plainText(message.text ?? ''))] : 'the text did not change', {
    eventId,
    occurredAt: timestampOfSeconds(event_ts ?? ts),
    actor: message.edited?.user ?? message.user ?? message.bot_id,
    object: `${channel}/${message.ts}`,
    references: referencesOf(message, options),
  })
}

function referencesOf(message: Message, { references }: Options): string[] {
  return references === 'none' ? [] : referencesIn(wordsOf(message))
}

/** Slack's times are text: seconds with six decimals. */
function timestampOfSeconds(written: string | undefined): string | undefined {
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(written ?? '') ?? []
  return parseTimestamp(Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')))
}
