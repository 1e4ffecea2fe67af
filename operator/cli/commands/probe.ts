import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { MessageId } from '../../../functions/state/changes.ts'
import type { ChatroomMessage } from '../../../functions/state/erp/chatroom-message.ts'
import { InvalidInputError } from '../../invalid-input.ts'
import { hostAt, hostOfBridge } from '../../probe/host.ts'
import { type Findings, type ProbeDialog, type ProbeReport, probeHost, settingsFor } from '../../probe/probe.ts'
import { isRestored } from '../../probe/restore.ts'
import {
  action,
  type BridgeOptions,
  type CliContext,
  isConfirmed,
  newCommand,
  printResult,
  readSecret,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { counted, details, escapeControl } from '../output.ts'
import type { Terminal } from '../terminal.ts'

type Options = BridgeOptions & {
  message: string
  url?: string
  yes?: true
  dryRun?: true
  mayLeaveReaction?: true
  json?: true
}

/** `probe`: finds out how an ERP host takes a PUT, and which settings fit. */
export function createCommand(context: CliContext, wait: ProbeDialog['wait'] = setTimeout): Command {
  const { terminal } = context
  const command = withBridgeOptions(newCommand(context, 'probe', 'Find out how an ERP host behaves'))
    .description(
      'Find out how an ERP host takes a PUT, and which settings fit. The probe reads, asks before it writes, makes the smallest changes that tell, and restores the chat message after each, also on Ctrl-C. Take a chat message with a text and a reaction, without attachments, that nobody is working on.',
    )
    .requiredOption('--message <id>', 'the chat message')
    .option('--url <url>', "another host than the bridge's own; its token is ERP_TOKEN, or comes on standard input")
    .option('--dry-run', 'only read')
    .option('--yes', 'do not ask before writing')
    .option('--may-leave-reaction', 'add a reaction to a chat message that has none, even if it may stay there')
    .option('--json', 'print JSON for scripts')
    .action(
      action<[Options]>(context, async (options) => {
        const messageId = MessageId.safeParse(options.message)
        if (!messageId.success) throw new InvalidInputError(`--message: ${messageId.error.issues[0]?.message}`)
        if (options.url && options.stack) throw new InvalidInputError('--url or --stack: one of them')
        const bridge = options.url ? undefined : await context.openBridge(options)
        try {
          const probed = bridge
            ? await hostOfBridge(bridge, messageId.data)
            : await hostAt(options.url ?? '', await context.settings(options), () => readToken(terminal))
          return await probe(messageId.data, probed)
        } finally {
          bridge?.close()
        }

        async function probe(messageId: string, probed: Awaited<ReturnType<typeof hostAt>>) {
          const { baseUrl } = probed.host
          const interruption = catchInterruption(terminal)
          const dialog = dialogOf(terminal, options, { messageId, baseUrl, wait, signal: interruption.signal })
          const report = await probeHost(probed, messageId, { isReadOnly: options.dryRun === true, dialog }).finally(
            interruption.end,
          )
          printResult(terminal, options.json, reportJson(messageId, baseUrl, report), () =>
            reportText(messageId, baseUrl, report),
          )
          if (report.isRefused) return exitCodes.notConfirmed
          return report.why === undefined ? exitCodes.done : exitCodes.failed
        }
      }),
    )
  return withHelp(
    command,
    'chatroom-bridge probe --message 42 --dry-run',
    '0 everything found out and the chat message as it was, 1 not so, 2 the arguments make no sense, 3 writing was not confirmed',
  )
}

async function readToken(terminal: Terminal): Promise<string> {
  const token = terminal.ask ? await terminal.ask('The token for it: ') : await readSecret(terminal, 'the token for it')
  if (token.trim()) return token.trim()
  throw new InvalidInputError('no token: set ERP_TOKEN, or write it to standard input')
}

/** Turns Ctrl-C and the like into a signal, so that the probe restores the chat message before it ends. */
function catchInterruption({ stderr }: Terminal): { signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const abort = () => {
    if (!controller.signal.aborted) stderr.write('interrupted: the chat message is restored before this ends\n')
    controller.abort()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, abort)
  return {
    signal: controller.signal,
    end() {
      for (const signal of signals) process.off(signal, abort)
    },
  }
}

function dialogOf(
  terminal: Terminal,
  { yes, mayLeaveReaction }: Options,
  { messageId, baseUrl, ...rest }: { messageId: string; baseUrl: string } & Pick<ProbeDialog, 'wait' | 'signal'>,
): ProbeDialog {
  return {
    ...rest,
    progress: (text) => terminal.stderr.write(`${text}\n`),
    async mayWrite(message) {
      if (yes) return true
      if (terminal.ask) terminal.stderr.write(announcement(messageId, baseUrl, message))
      return isConfirmed(terminal, 'written', 'Write to it?')
    },
    async mayLeaveReaction() {
      if (mayLeaveReaction || yes) return mayLeaveReaction === true
      const answer = await terminal.ask?.(
        'It has no reaction. To see what becomes of a list one has to be added; if the host adds to lists, you must remove it in the ERP. Add it? Type yes: ',
      )
      return answer?.trim() === 'yes'
    },
  }
}

function announcement(messageId: string, baseUrl: string, { reactions, attachments }: ChatroomMessage): string {
  const files = attachments.length > 0 ? ': ALSO ITS ATTACHMENTS, whose content a host may delete for good' : ''
  const lists =
    reactions.length > 0
      ? `its ${counted(reactions.length, 'reaction')} may go for a moment, and come back`
      : 'a reaction is added and removed again'
  return `The probe will now write to chat message ${messageId} of ${escapeControl(baseUrl)}, about six PUTs:
- it is set to completed, or open, and back;
- ${lists};
- if the host clears what a PUT leaves out, everything else goes for a moment, and comes back${files}.
Each PUT may notify the customer. What anybody changes in it meanwhile may be lost.
`
}

function reportJson(messageId: string, host: string, { findings, why, wrote }: ProbeReport): object {
  return {
    messageId,
    host,
    why,
    findings,
    settings: settingsFor(findings),
    puts: wrote?.puts ?? 0,
    ...(wrote && {
      file: wrote.file,
      restored: isRestored(wrote.restored),
      left: wrote.restored.left,
      otherIds: wrote.restored.hasOtherIds,
    }),
  }
}

function reportText(messageId: string, host: string, { findings, why, wrote }: ProbeReport): string {
  const settings = settingsFor(findings)
  const known = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const unknown = ['ERP_PUT', 'ERP_LISTS', 'ERP_READ'].filter((name) => !Object.hasOwn(settings, name))
  const needsSetting = findings.partialPut === 'clears' || findings.lists === 'added'
  return [
    details(`Chat message ${messageId} of ${host}`, findingTexts(findings)),
    '',
    ...(why === undefined ? [] : [`Not everything was found out: ${why}.`]),
    ...(known.length > 0 ? [`Settings that fit: ${known.join(' ')}`] : []),
    ...(unknown.length > 0 ? [`Not known: ${unknown.join(', ')}`] : []),
    ...(needsSetting ? ['Set them before the bridge writes to this host.'] : []),
    ...(wrote ? leftTexts(messageId, wrote) : ['Nothing was written.']),
  ].join('\n')
}

function findingTexts({
  get,
  partialPut,
  cleared = [],
  lists,
  putAnswer,
}: Findings): Record<string, string | undefined> {
  return {
    GET: get,
    'a PUT of some fields':
      partialPut && (partialPut === 'keeps' ? 'leaves the others alone' : `clears the others: ${cleared.join(', ')}`),
    'a list in a PUT':
      lists &&
      (lists === 'replaced' ? 'replaces what is there' : 'is added to what is there: nothing can be taken away'),
    'a PUT’s answer shows': putAnswer,
  }
}

function leftTexts(
  messageId: string,
  { restored, from, until, puts, file }: NonNullable<ProbeReport['wrote']>,
): string[] {
  const { left, hasOtherIds, unreadable } = restored
  const result = isRestored(restored)
    ? `The chat message is as it was${hasOtherIds ? ', but its host gave elements of its lists other ids' : ''}.`
    : unreadable === undefined
      ? `NOT RESTORED: ${left.join(', ')} of chat message ${messageId}. Put it right in the ERP.`
      : `NOT RESTORED, as far as is known: chat message ${messageId} cannot be read (${escapeControl(unreadable)}).`
  const [begin, end] = [from, until].map((at) => new Date(at).toISOString())
  return [
    result,
    ...(file === undefined ? [] : [`${file} holds it as it was, with a customer's text: delete it afterwards.`]),
    `${counted(puts, 'PUT')} between ${begin} and ${end}. Now look whether the customer was notified.`,
  ]
}
