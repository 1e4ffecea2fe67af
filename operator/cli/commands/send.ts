import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import { eventTypeOf } from '../../../functions/sources/generic/event-types.ts'
import type { Parked } from '../../../functions/state/message/message-state.ts'
import { InvalidInputError } from '../../invalid-input.ts'
import { samplesByKind } from '../../send/samples.ts'
import { type SampleOutcome, sendSample } from '../../send/send.ts'
import { isoTime } from '../../time.ts'
import {
  type BridgeOptions,
  bridgeAction,
  type CliContext,
  newCommand,
  printResult,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

type Options = BridgeOptions & {
  source: string
  emoji: string
  file: string
  delay: string
  text?: string
  actor?: string
  object?: string
  id?: string
  at?: string
  json?: true
}

/** `send`: signs an event and sends it, as its source would. */
export async function createCommand(context: CliContext): Promise<Command> {
  const { terminal } = context
  const kinds = await kindsText()
  const command = withBridgeOptions(newCommand(context, 'send', 'Send a signed event, as its source would'))
    .argument('<type>', 'such as task.done, task.reopened, reaction.added, text.edited, attachment.added or link.added')
    .argument('[message]', 'the chat message, such as 42')
    .option('--source <name>', 'the source that sends it', 'generic')
    .option('--emoji <emoji>', 'for reactions', '👍')
    .option('--text <text>', 'for text.edited')
    .option('--file <name>', 'for attachments', 'note.pdf')
    .option('--actor <name>', 'who did it')
    .option('--object <id>', "the source's own id of what it happened to")
    .option('--id <id>', "the event's id, to send the same event again")
    .option('--at <time>', 'when it happened, such as 2026-11-22T19:00:00Z (default: now)')
    .option('--delay <seconds>', 'wait before sending, so that the event comes late', '0')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[string, string | undefined, Options]>(
        context,
        async (bridge, type, messageId, options) => {
          const delay = Number(options.delay)
          const at = new Date(options.at ?? Date.now())
          if (delay > 0) await wait(delay * 1000)
          const { source, json } = options
          const sent = await sendSample(bridge, source, eventOf(type, messageId, at, options)).catch((error) => {
            if (options.stack) error.message += ' (a stack does not show which options its sources have)'
            throw error
          })
          const { status, answer, outcome } = sent
          printResult(terminal, json, sent, () =>
            [`${source} ← ${status} ${answer}`, ...(outcome ? [outcomeText(outcome)] : [])].join('\n'),
          )
          return status < 300 ? exitCodes.done : exitCodes.failed
        },
        checkOptions,
      ),
    )
    .addHelpText('after', `\nWhat a source of each kind can send (* only with an option of the source):\n${kinds}`)
  return withHelp(
    command,
    'chatroom-bridge send reaction.added 42 --emoji 🎉 --actor anna',
    '0 accepted, 1 not accepted, 2 the arguments make no sense',
  )
}

function checkOptions(_type: string, _messageId: string | undefined, { delay, at }: Options): void {
  if (!(Number(delay) >= 0)) throw new InvalidInputError('--delay: expected seconds')
  if (at !== undefined && Number.isNaN(Date.parse(at))) {
    throw new InvalidInputError('--at: expected a time such as 2026-11-22T19:00:00Z')
  }
}

async function kindsText(): Promise<string> {
  const kinds = await samplesByKind()
  return kinds.map(({ kind, types }) => `  ${kind.padEnd(18)} ${types.join(', ')}`).join('\n')
}

function eventOf(written: string, messageId: string | undefined, at: Date, options: Options) {
  const type = eventTypeOf(written) ?? written
  const { id, actor, object, emoji, text, file } = options
  return {
    id: id ?? `evt_${randomUUID()}`,
    type,
    occurredAt: at.toISOString(),
    ...(messageId !== undefined && { messageId }),
    ...(actor !== undefined && { actor }),
    ...(object !== undefined && { object }),
    ...(type.startsWith('reaction') && { emoji }),
    ...(text !== undefined && { text }),
    ...(type.startsWith('attachment') && { attachment: { filename: file } }),
  }
}

function outcomeText(outcome: SampleOutcome): string {
  switch (outcome.kind) {
    case 'shown':
      return `ERP: ${JSON.stringify(outcome.message, null, 2)}`
    case 'parked':
      return parkedText(outcome.parked)
    case 'dry run':
      return 'This is a dry run: nothing was sent to the ERP. npx chatroom-bridge reconcile --show prints what would be.'
    case 'pending': {
      const next = outcome.nextAttemptAt ? ` The next attempt is at ${isoTime(outcome.nextAttemptAt)}.` : ''
      return `The ERP does not show it yet.${next}`
    }
    case 'unreadable':
      return `The ERP cannot be asked: ${outcome.why}`
  }
}

function parkedText({ reason, status, answer }: Parked): string {
  switch (reason) {
    case 'refused':
      return `The ERP refused it: ${status} ${answer}`
    case 'impossible':
      return 'It is parked: the host adds to lists, so no PUT takes this away.'
    case 'age':
      return 'It was tried for too long, and is parked.'
    case 'dropped':
      return 'An operator dropped this event.'
  }
}
