import * as z from 'zod'
import { bounds } from '../../state/changes.ts'
import { emojiOf, loadEmojis } from '../common/emoji.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { timestampFailure, verifyHmac } from '../common/signature.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type Interpretation,
  ignored,
  type NormalizedEvent,
  type ReceiveContext,
  type Source,
  sourceOptions,
  understood,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'
import { plainText, wordsOf } from './text.ts'

const Options = sourceOptions('slack', ['completed', 'reaction']).extend({
  /** Whose text may refer to a chat message. Only members, their guests and apps that they installed write in a workspace. */
  references: z.enum(['everyone', 'none']).default('everyone'),
})
type Options = z.infer<typeof Options>

/**
 * Slack's Events API (https://docs.slack.dev/apis/events-api): reactions to messages, edited messages, and what a posted
 * message refers to. Its own id of a message is `channel/ts`. A repeated delivery repeats the event's id.
 */
export const slack: Source<Options> = { options: Options, authenticate, ready: loadEmojis, interpret }

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
function authenticate(request: WebhookRequest, _: Options, { secrets, now }: ReceiveContext): Verdict {
  const signature = header(request, 'x-slack-signature')
  if (signature === undefined) {
    return { kind: 'refused', detail: 'x-slack-signature is missing: is this an Events API request?' }
  }
  const timestamp = header(request, 'x-slack-request-timestamp')
  const stale = timestampFailure('x-slack-request-timestamp', timestamp, now)
  if (stale !== undefined) return { kind: 'refused', detail: stale }
  return verifyHmac(request.body, signature, secrets, { prefix: 'v0=', before: `v0:${timestamp}:` })
    ? { kind: 'verified' }
    : { kind: 'refused', detail: 'x-slack-signature does not match: is the secret the app’s signing secret?' }
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

/** How messages come that somebody posted; others tell of what became of one, or of the channel. */
const posted = ['file_share', 'bot_message', 'thread_broadcast', 'me_message']

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const handshake = Handshake.safeParse(json)
  if (handshake.success) {
    const body = handshake.data.challenge
    return { kind: 'answered', response: { status: 200, headers: { 'content-type': 'text/plain' }, body } }
  }
  const callback = Callback.safeParse(json)
  if (!callback.success) return ignored('nothing is read from a payload of this form')
  const { event_id: eventId, event } = callback.data
  const said = saidBy(event, options)
  if (typeof said === 'string') return ignored(said, eventId)
  return understood({ ...said, eventId, messageIds: [] })
}

type Said = Omit<NormalizedEvent, 'eventId' | 'messageIds'>

/** What an event says, or why it says nothing. */
function saidBy(event: { type: string }, options: Options): Said | string {
  const reaction = Reaction.safeParse(event)
  if (reaction.success) return saidByReaction(reaction.data)
  const message = MessageEvent.safeParse(event)
  if (!message.success) return 'an event of this form says nothing for a chat message'
  const { subtype } = message.data
  if (subtype === 'message_changed') return saidByEdit(message.data, options)
  return !subtype || posted.includes(subtype)
    ? saidByPost(message.data, options)
    : 'a message of this subtype says nothing for a chat message'
}

function saidByReaction({ type, user, reaction, item, event_ts }: z.infer<typeof Reaction>): Said | string {
  const emoji = emojiOf(reaction)
  if (emoji === undefined) return 'no character is known for this emoji’s name'
  const present = type === 'reaction_added'
  return {
    type: present ? 'reaction.added' : 'reaction.removed',
    occurredAt: momentOfSeconds(event_ts),
    actor: user,
    object: `${item.channel}/${item.ts}`,
    change: { kind: 'reaction', emoji, present },
  }
}

function saidByPost(event: MessageEvent, options: Options): Said | string {
  const references = referencesOf(event, options)
  if (references.length === 0) return 'the message refers to no chat message'
  return {
    type: 'link.added',
    occurredAt: momentOfSeconds(event.event_ts ?? event.ts),
    actor: event.user ?? event.bot_id ?? undefined,
    object: `${event.channel}/${event.ts}`,
    references,
  }
}

/** Slack also sends this when it adds the preview of a link, or takes away the text of a deleted message that has replies. */
function saidByEdit(
  { channel, ts, event_ts, message, previous_message }: MessageEvent,
  options: Options,
): Said | string {
  if (!message || message.subtype === 'tombstone') return 'a deleted message says nothing for a chat message'
  const said = { occurredAt: momentOfSeconds(event_ts ?? ts), object: `${channel}/${message.ts}` }
  const references = referencesOf(message, options)
  const actor = message.edited?.user ?? message.user ?? message.bot_id ?? undefined
  if (previous_message?.text !== (message.text ?? '')) {
    const change = { kind: 'text', text: plainText(message.text ?? '') } as const
    return { ...said, type: 'text.edited', actor, change, references }
  }
  return references.length > 0 ? { ...said, type: 'link.added', actor, references } : 'the text did not change'
}

function referencesOf(message: Message, { references }: Options): string[] {
  return references === 'none' ? [] : referencesIn(wordsOf(message))
}

/** Slack's times are seconds with six decimals, as text. */
function momentOfSeconds(written: string | undefined): string | undefined {
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(written ?? '') ?? []
  return parseTimestamp(Number(seconds) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0')))
}
