import * as z from 'zod'
import { declaredHmacFailure } from '../common/declared-hmac.ts'
import { declaredHmac } from '../common/declared-hmac-options.ts'
import { boundedId } from '../common/event-id.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  header,
  type Interpretation,
  ignored,
  type NormalizedEvent,
  type ReceiveContext,
  type Response,
  type Source,
  sourceOptions,
  understood,
  type Verdict,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('msteams', ['completed', 'reaction']).extend({
  /** What people write after the mention, and what it means; without any, every message is only answered. */
  commands: z.record(z.string().trim().min(1).toLowerCase(), z.enum(['task.done', 'task.reopened'])).default({}),
  /** Whose text may refer to a chat message. Only members of the team, and their guests, write in its channels. */
  references: z.enum(['everyone', 'none']).default('everyone'),
})
type Options = z.infer<typeof Options>

/**
 * Outgoing webhooks of Microsoft Teams (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors,
 * "Create Outgoing Webhooks"): what people write to it by mentioning it in a channel. Its own id of a thread is the
 * conversation's. Teams has no done and no reaction here, so commands are an option.
 */
export const msteams: Source<Options> = { options: Options, authenticate, interpret }

/** The security token that Teams shows is the key in base64. No time is signed. */
export const scheme = declaredHmac({
  signatureHeader: 'authorization',
  signaturePrefix: 'HMAC ',
  encoding: 'base64',
  secretEncoding: 'base64',
})

function authenticate(request: WebhookRequest, _: Options, context: ReceiveContext): Verdict {
  if (header(request, 'authorization') === undefined) {
    return { kind: 'refused', detail: 'authorization is missing: is this an outgoing webhook of Teams?' }
  }
  const failure = declaredHmacFailure(request, scheme, context)
  return failure === undefined ? { kind: 'verified' } : { kind: 'refused', detail: failure }
}

const Message = z.object({
  type: z.literal('message'),
  id: nonEmptyString(),
  timestamp: z.unknown().optional(),
  text: z.string(),
  from: z.object({ id: z.string().nullish(), aadObjectId: z.string().nullish() }).nullish(),
  conversation: z.object({ id: nonEmptyString() }),
})
type Message = z.infer<typeof Message>

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const parsed = Message.safeParse(json)
  if (!parsed.success) return answered(ignored('nothing is read from a payload of this form'))
  const { id, conversation } = parsed.data
  const eventId = boundedId(`${conversation.id}/${id}`)
  const said = saidBy(parsed.data, options)
  if (typeof said === 'string') return answered(ignored(said, eventId))
  return answered(understood({ ...said, eventId, messageIds: [] }))
}

/** What a message says, or why it says nothing. */
function saidBy(message: Message, options: Options): Omit<NormalizedEvent, 'eventId' | 'messageIds'> | string {
  // The longest first: one may start with another.
  const commands = Object.entries(options.commands).sort(([a], [b]) => b.length - a.length)
  if (commands.length === 0) return 'no command is known (option commands)'
  // The markup too: a link's address may stand behind other words.
  const references = options.references === 'none' ? [] : referencesIn(message.text)
  const said = {
    occurredAt: parseTimestamp(message.timestamp),
    actor: message.from?.aadObjectId ?? message.from?.id ?? undefined,
    object: message.conversation.id,
    references,
  }
  const words = wordsOf(message.text)
  const isCommand = (command: string) => words.startsWith(command) && /^($|[\s.,:;!])/.test(words.slice(command.length))
  const [, type] = commands.find(([command]) => isCommand(command)) ?? []
  if (type) return { ...said, type, change: { kind: 'completed', value: type === 'task.done' } }
  return references.length > 0 ? { ...said, type: 'link.added' } : 'the message starts with no command'
}

/** What people read of a message after the mention that it starts with, in small letters and with single spaces. */
function wordsOf(html: string): string {
  return html
    .replace(/<at\b[^<>]*>[^<>]*<\/at>/gi, ' ')
    .replace(/<[^<>]*>|&nbsp;/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}

/** Teams shows the answer in the thread, and takes none but a message with a text (MicrosoftDocs/msteams-docs#666). */
function answered(interpretation: Interpretation): Interpretation {
  if (interpretation.kind !== 'understood') return interpretation
  const answer: NonNullable<(typeof interpretation)['answer']> = ({ accepted, reasons }): Response => {
    const text = accepted > 0 ? 'Noted.' : `Nothing is changed: ${reasons.join('; ')}.`
    const headers = { 'content-type': 'application/json' }
    return { status: 200, headers, body: JSON.stringify({ type: 'message', text }) }
  }
  return { ...interpretation, answer }
}
