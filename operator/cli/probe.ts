import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Settings } from '../../functions/settings/settings.ts'
import { MessageId } from '../../functions/state/changes.ts'
import { homeOptions, type OpenBridge } from '../open/bridge.ts'
import type { Answers } from '../probe/answers.ts'
import { askWithPuts } from '../probe/ask.ts'
import { createCalls } from '../probe/calls.ts'
import { isConfirmed, mayLeaveOne } from '../probe/confirm.ts'
import { interruption } from '../probe/interruption.ts'
import { keep } from '../probe/keep.ts'
import { lookFirst } from '../probe/look-first.ts'
import { hostAt, hostOfBridge, type Probed } from '../probe/probed-host.ts'
import { asJson, asText, type Report } from '../probe/report.ts'
import { isRestored } from '../probe/restore.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { json } from './output.ts'
import type { Terminal } from './terminal.ts'

const probeUsage = `npm run probe -- --message ID [options]

Finds out how an ERP's host behaves where its page leaves it open, and which settings fit. It reads, asks before it writes, makes
the smallest changes that tell, and restores the chat message after each, also on Ctrl-C. Take one that a customer of your own
would be notified of, with a text and a reaction, without attachments, and that nobody is at.

  --message ID          the chat message
  --url URL             the host (the bridge's own); its token is ERP_TOKEN, or comes on standard input
  --dry-run             only read
  --yes                 don't ask before writing
  --may-leave-reaction  a chat message without a reaction: add one to see what becomes of it, though a host that adds to lists
                        keeps it, and a person has to take it away
  --json                for scripts
  --stack NAME          the host of a bridge on AWS (--region eu-central-1)

It ends with 0 when all was found out and the chat message is as it was, 1 when not, 2 when the arguments make no sense, and 3 when
nobody confirmed that it may write.`

const options = {
  ...homeOptions,
  message: { type: 'string' },
  url: { type: 'string' },
  yes: { type: 'boolean', default: false },
  'may-leave-reaction': { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/**
 * Probes the ERP's host with one chat message.
 * @param settings reads those of this machine
 * @param wait resolves after so many ms
 */
export async function probeCommand(
  args: string[],
  open: OpenBridge,
  settings: () => Settings,
  terminal: Terminal,
  wait: (ms: number) => Promise<unknown> = setTimeout,
): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  if (positionals.length > 0) throw new UsageError(`it takes no ${positionals[0]}: ${probeUsage}`)
  const messageId = MessageId.safeParse(values.message)
  if (!messageId.success) throw new UsageError(`--message: which chat message? ${probeUsage}`)
  if (values.url !== undefined && values.stack !== undefined) throw new UsageError('--url or --stack: one of them')
  const probed =
    values.url === undefined
      ? await hostOfBridge(messageId.data, await open(values))
      : await hostAt(values.url, settings(), terminal)
  try {
    return await probe(messageId.data, probed, { ...values, terminal, wait })
  } finally {
    probed.close()
  }
}

type How = {
  yes: boolean
  json: boolean
  'dry-run': boolean
  'may-leave-reaction': boolean
  terminal: Terminal
  wait(ms: number): Promise<unknown>
}

async function probe(messageId: string, { host, busy }: Probed, how: How): Promise<ExitCode> {
  const { terminal } = how
  const calls = createCalls(host)
  const answers: Answers = { errors: {} }
  const report: Report = { messageId, host: host.baseUrl, answers, noted: calls.noted }
  const first = await lookFirst(calls, messageId, answers)
  if ('why' in first) return told({ ...report, why: first.why }, exitCodes.failed, how)
  if (how['dry-run']) return told(report, exitCodes.done, how)
  if (busy !== undefined) return told({ ...report, why: busy }, exitCodes.failed, how)
  if (!how.yes && !(await isConfirmed(messageId, host, first.message, terminal))) {
    return told({ ...report, why: 'nobody confirmed that it may write' }, exitCodes.notConfirmed, how)
  }

  const kept = keep(messageId, host.baseUrl, first.message)
  const interrupted = interruption(terminal)
  const wrote = { from: Date.now(), until: 0, puts: 0 }
  const noting = <Args extends unknown[], Result>(put: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      wrote.puts += 1
      return put(...args)
    }
  }
  try {
    const { restored, why } = await askWithPuts({
      calls: { ...calls, put: noting(calls.put), putNonsense: noting(calls.putNonsense) },
      messageId,
      before: first.message,
      answers,
      signal: interrupted.signal,
      wait: how.wait,
      say: (question) => terminal.stderr.write(`${question}\n`),
      mayLeave: async () => how['may-leave-reaction'] || (!how.yes && (await mayLeaveOne(terminal))),
    })
    wrote.until = Date.now()
    const isBack = isRestored(restored)
    if (isBack) kept.remove()
    const isAll = isBack && why === undefined && answers.lists !== undefined
    const reason = why ?? (answers.lists ? undefined : withoutReaction)
    const result = {
      ...report,
      restored,
      wrote,
      ...(!isBack && { kept: kept.file }),
      ...(reason !== undefined && { why: reason }),
    }
    return told(result, isAll ? exitCodes.done : exitCodes.failed, how)
  } finally {
    interrupted.end()
  }
}

const withoutReaction =
  'the chat message has no reaction, so nothing tells what a PUT does with a list: take one that has, or give --may-leave-reaction'

function told(report: Report, code: ExitCode, { json: isJson, terminal }: How): ExitCode {
  terminal.print(isJson ? json(asJson(report)) : asText(report))
  return code
}
