import * as z from 'zod'
import { boundedId } from '../common/event-id.ts'
import { completedEvent, type EventMeaning, eventsOf, unreadable } from '../common/event-meaning.ts'
import { authenticateByHmac, hmacScheme } from '../common/hmac.ts'
import { nonEmptyString } from '../common/non-empty-string.ts'
import { referencesIn } from '../common/references.ts'
import { parseTimestamp } from '../common/timestamp.ts'
import {
  type Interpretation,
  ignored,
  type Response,
  referencesOption,
  type Source,
  sourceOptions,
  type WebhookRequest,
} from '../source.ts'

const Options = sourceOptions('msteams').extend({
  /** What people write after the mention, and what it means. Without commands, messages are only answered. */
  commands: z.record(z.string().trim().min(1).toLowerCase(), z.enum(['task.done', 'task.reopened'])).default({}),
  /** Only members of the team and their guests write in its channels. */
  references: referencesOption(),
})
type Options = z.infer<typeof Options>

/** The key is the security token that Teams shows, decoded. No time is signed. */
export const scheme = hmacScheme({
  signatureHeader: 'authorization',
  signaturePrefix: 'HMAC ',
  encoding: 'base64',
  secretEncoding: 'base64',
})

/**
 * Outgoing webhooks of Microsoft Teams (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors,
 * "Create Outgoing Webhooks"): messages that mention the webhook in a channel. The object is the thread's conversation.
 * Teams has neither done nor reactions here, so commands are an option.
 */
export const msteams: Source<Options> = {
  options: Options,
  authenticate: authenticateByHmac(scheme, { missing: 'is this an outgoing webhook of Teams?' }),
  interpret,
}

const Message = z.object({
  type: z.literal('message'),
  id: nonEmptyString(),
  timestamp: z.unknown().optional(),
  text: z.string(),
  from: z.object({ id: z.string().nullish(), aadObjectId: z.string().nullish() }).nullish(),
  conversation: z.object({ id: nonEmptyString() }),
})

function interpret(json: unknown, _: WebhookRequest, options: Options): Interpretation {
  const message = Message.safeParse(json).data
  if (!message) return withAnswer(ignored(unreadable))
  const { id, conversation, text, from, timestamp } = message
  return withAnswer(
    eventsOf(meaningsOf(text, options), {
      eventId: boundedId(`${conversation.id}/${id}`),
      occurredAt: parseTimestamp(timestamp),
      actor: from?.aadObjectId ?? from?.id,
      object: conversation.id,
      // The markup counts too: a link's address may stand behind other words.
      references: options.references === 'none' || !hasCommands(options) ? [] : referencesIn(text),
    }),
  )
}

function hasCommands({ commands }: Options): boolean {
  return Object.keys(commands).length > 0
}

/** What a message means, or why it means nothing. */
function meaningsOf(text: string, options: Options): EventMeaning[] | string {
  if (!hasCommands(options)) return 'no command is known (option commands)'
  // The longest first: a command may start with another one.
  const commands = Object.entries(options.commands).sort(([a], [b]) => b.length - a.length)
  const words = wordsOf(text)
  const isCommand = (command: string) => words.startsWith(command) && /^($|[\s.,:;!])/.test(words.slice(command.length))
  const [, type] = commands.find(([command]) => isCommand(command)) ?? []
  return type ? [completedEvent(type === 'task.done')] : 'the message starts with no command'
}

/** The words of a message after the mention, in lower case and with single spaces. */
function wordsOf(html: string): string {
  return html
    .replace(/<at\b[^<>]*>[^<>]*<\/at>/gi, ' ')
    .replace(/<[^<>]*>|&nbsp;/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}

/** Adds the answer that Teams shows in the thread: it accepts only a message with a text (MicrosoftDocs/msteams-docs#666). */
function withAnswer(interpretation: Interpretation): Interpretation {
  if (interpretation.kind !== 'understood') return interpretation
  const answer: NonNullable<(typeof interpretation)['answer']> = ({ accepted, reasons }): Response => {
    const text = accepted > 0 ? 'Noted.' : `Nothing is changed: ${reasons.join('; ')}.`
    const headers = { 'content-type': 'application/json' }
    return { status: 200, headers, body: JSON.stringify({ type: 'message', text }) }
  }
  return { ...interpretation, answer }
}
