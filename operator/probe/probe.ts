import { rmSync, writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { ChatroomMessage, ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import type { ErpBehaviorSettings } from '../../functions/state/erp/erp-behavior.ts'
import { errorMessage } from '../../local/error-messages.ts'
import { type Answer, type Calls, createCalls } from './calls.ts'
import { isEmpty, lists, missing } from './difference.ts'
import type { ProbedHost } from './host.ts'
import { isRestored, type Restored, restore } from './restore.ts'

/** What the probe found out about a host; what is absent is not known. */
export type Findings = {
  get?: 'answered' | 'refused'
  /** What a PUT of some fields does with the others, and which of those it cleared. */
  partialPut?: 'keeps' | 'clears'
  cleared?: string[]
  lists?: 'replaced' | 'added'
  /** What the answer to a PUT shows. */
  putAnswer?: 'all' | 'no lists' | 'nothing'
}

/** What a probe found, and how it left the chat message. */
export type ProbeReport = {
  findings: Findings
  /** Why not everything was found out. */
  why?: string
  /** True where the operator did not allow the probe to write. */
  isRefused?: true
  /** Absent where nothing was written. Times are epoch ms. */
  wrote?: { from: number; until: number; puts: number; restored: Restored; file?: string }
}

/** What the probe asks the operator, and tells while it works. */
export type ProbeDialog = {
  mayWrite(message: ChatroomMessage): Promise<boolean>
  /** Whether a reaction may be added that only a person may be able to remove; asked only where it comes to that. */
  mayLeaveReaction(): Promise<boolean>
  progress(text: string): void
  wait(ms: number): Promise<unknown>
  /** Ends the probe early: what was changed is restored. */
  signal: AbortSignal
}

/** The settings that fit a host, as far as they are known. */
export function settingsFor({ get, partialPut, lists }: Findings): Partial<ErpBehaviorSettings> {
  return {
    ...(partialPut && { ERP_PUT: partialPut === 'clears' ? ('whole' as const) : ('changes' as const) }),
    ...(lists && { ERP_LISTS: lists }),
    ...(get && { ERP_READ: get === 'refused' ? ('never' as const) : ('always' as const) }),
  }
}

/**
 * Finds out with one chat message how a host takes a PUT. Reads first, writes only if the operator allows it, and restores
 * the chat message after each question. While it writes, the chat message as it was stands in a file of this folder.
 * @throws where an earlier probe left its file
 */
export async function probeHost(
  { host, busy }: ProbedHost,
  messageId: string,
  { isReadOnly, dialog }: { isReadOnly: boolean; dialog: ProbeDialog },
): Promise<ProbeReport> {
  const calls = createCalls(host)
  const findings: Findings = {}
  const first = await readTwice(calls, messageId, findings)
  if (typeof first === 'string') return { findings, why: first }
  if (isReadOnly) return { findings }
  if (busy !== undefined) return { findings, why: busy }
  if (!(await dialog.mayWrite(first))) return { findings, why: 'you did not allow it to write', isRefused: true }

  const file = `probe-${new URL(host.baseUrl).host.replace(/[^\w.-]/g, '-')}-${messageId}.json`
  keepInFile(file, first)
  const from = Date.now()
  const subject = createSubject({ calls, messageId, before: first, findings, dialog })
  const reasons: string[] = []
  for (const ask of [askPartialPut, askLists]) {
    await ask(subject).catch((error) => reasons.push(errorMessage(error)))
    if (!(await subject.restore())) reasons.push('what was changed could not be restored')
    if (reasons.length > 0) break
  }
  const { restored, puts } = subject.result()
  const isBack = isRestored(restored)
  if (isBack) rmSync(file)
  if (!findings.lists && reasons.length === 0) {
    reasons.push(
      'the chat message has no reaction, so nothing shows what a PUT does with a list: take one that has, or give --may-leave-reaction',
    )
  }
  return {
    findings,
    ...(reasons.length > 0 && { why: reasons.join('; ') }),
    wrote: { from, until: Date.now(), puts, restored, ...(!isBack && { file }) },
  }
}

/** Reads the chat message twice, because one that changes meanwhile cannot be probed. @returns why it cannot be probed */
async function readTwice(calls: Calls, messageId: string, findings: Findings): Promise<ChatroomMessage | string> {
  const first = await calls.get(messageId)
  if ('failure' in first) return `the ERP cannot be reached: ${first.failure}`
  const { status, message } = first
  if (status === 401) return 'the ERP refuses the token (401)'
  if (status === 404) return `the ERP has no chat message ${messageId} (404)`
  if (status === 429) return 'the ERP asks to come again later (429)'
  if (status >= 500 && status !== 501) return `the ERP fails (${status}): try again later`
  if (!first.isSuccess) {
    findings.get = 'refused'
    return `the ERP refuses GET (${status}). What cannot be read cannot be restored, so nothing was written: try a PUT by hand on a chat message of your own, and see in the ERP whether its text stays`
  }
  if (!message) return 'the ERP’s answer is no chat message: is this the right host?'
  findings.get = 'answered'
  const second = await calls.get(messageId)
  return 'message' in second && isDeepStrictEqual(second.message, message)
    ? message
    : 'it differs each time it is read: take a chat message that nobody is working on, without attachments'
}

/** Writes the chat message to a file, for an operator who has to restore it by hand after a crash. */
function keepInFile(file: string, message: ChatroomMessage): void {
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

/** An emoji that the chat message does not have, so that it is not taken for a customer's. */
const probeEmojis = ['👀', '🔎', '🧪', '🐾', '🧭']

/**
 * Sends `completed` alone, to see what becomes of the other fields. If the host clears them, restoring works either way: an
 * empty list takes all its elements again, whether the host replaces lists or adds to them.
 */
async function askPartialPut({ start, put, read, findings, progress }: Subject): Promise<void> {
  progress('does a PUT of some fields leave the others alone?')
  const before = start()
  const others = (['message_text', ...lists] as const).filter((name) => !isEmpty(before[name]))
  if (others.length === 0) throw new Error('the chat message has neither text nor lists: take one with a text')
  const wanted = !before.completed
  const answer = await put({ completed: wanted })
  if (!answer.isSuccess) throw new Error(`the ERP refuses a PUT (${answer.status})`)
  findings.putAnswer = answer.message ? (answer.tellsLists ? 'all' : 'no lists') : 'nothing'
  const now = await read()
  if (Boolean(now.completed) !== wanted) {
    throw new Error('a PUT succeeds and nothing changes: look at the chat message again in a minute')
  }
  const cleared = others.filter((name) => isEmpty(now[name]))
  findings.partialPut = cleared.length > 0 ? 'clears' : 'keeps'
  if (cleared.length > 0) findings.cleared = cleared
}

/**
 * Sends an empty list of reactions: a host that adds changes nothing, and one that replaces takes the whole list again. Not
 * attachments, because a host may delete the files behind them. Without a reaction one is added first; it may stay on a host
 * that adds, so that needs leave.
 */
async function askLists(subject: Subject): Promise<void> {
  const { start, read, findings, progress, mayLeaveReaction } = subject
  const isBare = start().reactions.length === 0
  if (isBare && findings.partialPut === 'keeps' && !(await mayLeaveReaction())) return
  progress('does a list in a PUT replace what is there?')
  const emoji = probeEmojis.find((one) => start().reactions.every((reaction) => reaction.emoji !== one)) ?? '🪵'
  if (isBare) await putReactions(subject, [{ emoji }])
  const { reactions: before } = await read()
  if (before.length === 0) throw new Error('the ERP takes a reaction, and does not show it')
  await putReactions(subject, [])
  const { reactions: now } = await read()
  if (now.length > 0 && missing(before, now).length > 0) {
    throw new Error('an empty list removes some reactions, and not all')
  }
  findings.lists = now.length === 0 ? 'replaced' : 'added'
}

async function putReactions({ put }: Subject, reactions: ChatroomMessage['reactions']): Promise<void> {
  const { isSuccess, status } = await put({ reactions })
  if (!isSuccess) throw new Error(`the ERP refuses a PUT of reactions (${status})`)
}

/** The chat message that is probed. Each question finds it as it was. */
type Subject = ReturnType<typeof createSubject>

function createSubject({
  calls,
  messageId,
  before,
  findings,
  dialog: { signal, progress, wait, mayLeaveReaction },
}: {
  calls: Calls
  messageId: string
  before: ChatroomMessage
  findings: Findings
  dialog: ProbeDialog
}) {
  const sent = new Set<string>()
  let start = before
  let restored: Restored = { left: [], hasOtherIds: false, message: before }
  let isTouched = false
  let puts = 0
  const countedCalls: Calls = {
    get: calls.get,
    put(...args) {
      puts += 1
      return calls.put(...args)
    },
  }
  /** Adds what the host would clear. Attachments go along only once it is known that this does not double them. */
  const withOthers = (data: ChatroomMessageData): ChatroomMessageData => ({
    ...(findings.partialPut === 'clears' && {
      ...(start.message_text && { message_text: start.message_text }),
      completed: start.completed ?? false,
      ...(findings.lists === 'replaced' && { attachments: start.attachments }),
    }),
    ...data,
  })
  return {
    findings,
    progress,
    mayLeaveReaction,
    /** The chat message as it was, with the ids that its elements have now. */
    start: () => start,
    async read(): Promise<ChatroomMessage> {
      const got = await calls.get(messageId)
      if ('failure' in got || !got.message) throw new Error('the ERP no longer shows the chat message')
      return got.message
    },
    /** Sends attributes. @returns a success or a refusal @throws where nothing is known of the outcome */
    async put(data: ChatroomMessageData): Promise<Answer> {
      if (signal.aborted) throw new Error('it was interrupted')
      isTouched = true
      const whole = withOthers(data)
      for (const name of Object.keys(whole)) sent.add(name)
      const answer = await countedCalls.put(messageId, whole)
      const late = ': it may still be applied, so look at the chat message again in a minute'
      if ('failure' in answer) {
        throw new Error(answer.sent ? `a PUT got no answer (${answer.failure})${late}` : answer.failure)
      }
      if (answer.status >= 500) throw new Error(`the ERP fails (${answer.status})${late}`)
      if (answer.status === 429) throw new Error('the ERP asks to come again later (429)')
      return answer
    },
    /** Restores what was changed. @returns whether everything is as it was */
    async restore(): Promise<boolean> {
      if (!isTouched) return true
      progress('restoring')
      const hadOtherIds = restored.hasOtherIds
      restored = await restore(countedCalls, messageId, start, { findings, sent, wait })
      restored.hasOtherIds ||= hadOtherIds
      start = restored.message ?? start
      isTouched = false
      return isRestored(restored)
    },
    result: () => ({ restored, puts }),
  }
}
