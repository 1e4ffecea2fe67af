import { rmSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ChatroomMessage } from '../functions/core/chatroom-message.ts'
import { isDue, readState } from '../functions/core/message-state.ts'
import { MessageId } from '../functions/core/update.ts'
import { fixedSession } from '../functions/erp/session.ts'
import { readSettings, type Settings } from '../functions/settings.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { type ErpHost, homeOptions, type OpenHome } from './home.ts'
import { counted, inOneLine, json } from './output.ts'
import type { Answers } from './probe/answers.ts'
import { askWithPuts } from './probe/ask.ts'
import { createCalls } from './probe/calls.ts'
import { lookFirst } from './probe/look-first.ts'
import { asJson, asText, type Report } from './probe/report.ts'
import { isRestored } from './probe/restore.ts'
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

/** What is to be asked. `busy` says why nothing may be written for now. */
type Probed = { host: ErpHost; busy?: string | undefined }

/**
 * Probes the ERP's host with one chat message.
 * @param settings reads those of this machine
 * @param wait resolves after so many ms
 */
export async function probeCommand(
  args: string[],
  open: OpenHome,
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
      ? await ofHome(messageId.data, await open(values))
      : await ofUrl(values.url, settings(), terminal)
  return probe(messageId.data, probed, { ...values, terminal, wait })
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

  const interrupted = interruption(terminal)
  const file = `probe-${new URL(host.baseUrl).host.replaceAll(':', '-')}-${messageId}.json`
  keep(file, first.message)
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
    if (isBack) rmSync(file)
    const isAll = isBack && why === undefined && answers.lists !== undefined
    const reason = why ?? (answers.lists ? undefined : withoutReaction)
    const kept = isBack ? {} : { kept: file }
    const result = { ...report, restored, wrote, ...kept, ...(reason !== undefined && { why: reason }) }
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

async function ofHome(messageId: string, home: Awaited<ReturnType<OpenHome>>): Promise<Probed> {
  try {
    const stored = await home.states.load(messageId)
    const read = stored && readState(stored.body)
    const isWaiting = read && 'state' in read && isDue(read.state)
    if (home.isDry) return { host: home.erpHost, busy: dryRun }
    return {
      host: home.erpHost,
      ...(isWaiting && { busy: 'the bridge itself is about to write to this chat message' }),
    }
  } finally {
    home.close()
  }
}

const dryRun = 'DRY_RUN is set, so nothing is written'

/** A host that is named, with its own token: the bridge's goes to no other host than the one that it is for. */
async function ofUrl(url: string, settings: Settings, terminal: Terminal): Promise<Probed> {
  const { ERP_BASE_URL, ERP_TOKEN, ERP_BUILD_ID: buildId, ERP_PACKAGE_ID: packageId, DRY_RUN } = settings
  const isOurs = ERP_BASE_URL === undefined || new URL(ERP_BASE_URL).origin === originOf(url)
  const token = (isOurs ? ERP_TOKEN : undefined) ?? (await askedToken(terminal))
  const { ERP_BASE_URL: baseUrl = url } = readSettings({ ERP_BASE_URL: url, ERP_TOKEN: token }, 'one machine')
  const host = { baseUrl, buildId, packageId, session: fixedSession(token) }
  return { host, ...(DRY_RUN && { busy: dryRun }) }
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}

async function askedToken({ ask }: Terminal): Promise<string> {
  const token = (ask ? await ask('The token for it: ') : await text(process.stdin)).trim()
  if (!token) throw new UsageError('no token: set ERP_TOKEN, or write it to standard input')
  return token
}

async function isConfirmed(
  messageId: string,
  { baseUrl }: ErpHost,
  { reactions, attachments }: ChatroomMessage,
  { stderr, ask }: Terminal,
): Promise<boolean> {
  if (!ask) {
    stderr.write('chatroom-bridge: nothing was written: it needs --yes where nobody can be asked\n')
    return false
  }
  stderr.write(`The probe will now write to chat message ${messageId} of ${inOneLine(baseUrl)}, about ten PUTs:
- it is set to completed, or open, and back;
- ${reactions.length > 0 ? `its ${counted(reactions.length, 'reaction')} may go for a moment, and come back` : 'a reaction is added, and goes again'}; where the host allows it, reactions of the probe's own come and go;
- where the host clears what a PUT leaves out, all else goes for a moment, and comes back${attachments.length > 0 ? ': ALSO ITS ATTACHMENTS, whose content a host may delete for good' : ''}.
Each PUT may notify the customer. What anybody changes in it meanwhile may be lost.
`)
  return (await ask('Write to it? Type yes: ')).trim() === 'yes'
}

async function mayLeaveOne({ ask }: Terminal): Promise<boolean> {
  const answer = await ask?.(
    'It has no reaction. To see what becomes of a list one has to be added, and where the host adds to lists you must take it away in the ERP. Add it? Type yes: ',
  )
  return answer?.trim() === 'yes'
}

/** Keeps the chat message as it was, for whoever has to restore it by hand after a crash. */
function keep(file: string, message: ChatroomMessage): void {
  try {
    writeFileSync(file, JSON.stringify(message, null, 2), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Error(
      `${file} is there: a probe ended before it had restored this chat message. Put it right, and delete the file`,
      { cause: error },
    )
  }
}

/** Ctrl-C ends the questions, and not what restores. */
function interruption({ stderr }: Terminal): { signal: AbortSignal; end(): void } {
  const ending = new AbortController()
  const end = () => {
    if (!ending.signal.aborted) stderr.write('interrupted: the chat message is restored before this ends\n')
    ending.abort()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, end)
  return {
    signal: ending.signal,
    end() {
      for (const signal of signals) process.off(signal, end)
    },
  }
}
