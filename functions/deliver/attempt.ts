import type { Erp } from '../erp/client.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { backoff, longest } from '../state/backoff.ts'
import type { ChatroomMessage, ChatroomMessageData, Lists } from '../state/erp/chatroom-message.ts'
import { detectCleared } from '../state/erp/detect-cleared.ts'
import type { ErpBehavior } from '../state/erp/erp-behavior.ts'
import type { PutOutcome } from '../state/erp/outcome.ts'
import { isListed, type Rendering, recordApplied } from '../state/erp/render.ts'
import {
  dueRegisters,
  keepLists,
  type MessageState,
  markUnconfirmed,
  type Parked,
  park,
  parkOverdue,
  restartAge,
  trimToLimit,
  type WriteRef,
} from '../state/message/message-state.ts'
import { readMessage } from './read-message.ts'

/** What an attempt found out, as changes to whatever the message state has become meanwhile. */
type Finding =
  | {
      kind: 'fulfilled'
      rendering: Pick<Rendering, 'shows' | 'sends'>
      before: ChatroomMessage
      answer?: ChatroomMessage
    }
  | { kind: 'doubtful'; wishes: WriteRef[] }
  | { kind: 'told'; lists: Lists | undefined }
  | { kind: 'refused'; wishes: WriteRef[]; parked: Parked }

/** How an attempt ended. `retryAt` (epoch ms) is set where the ERP could not be brought up to date for now. */
export type AttemptResult = {
  findings: Finding[]
  retryAt?: number
  /** Nobody asked the ERP, so this is no failure of its own: the backoff doesn't grow. */
  skipped?: boolean
  /** What the next attempt is put off for, where that is no failure. */
  waits?: MessageState['waits']
  /** For the log: how it went, and the PUTs it took. */
  outcome: string
  puts: number
}

export type AttemptDependencies = {
  erp: Erp
  clock: Clock
  /** Uniform in [0, 1). */
  random: () => number
  /** ms to wait after a PUT whose answer was lost, because it may still be applied. */
  lostAnswerWait: number
  /** ms that a register may be due before it is parked. */
  maxAge: number
  host: ErpBehavior
  /** Do everything but the PUT. */
  isDry?: boolean
  log: Log
}

/** One GET and the PUT after it: what it found out, and whether the attempt goes on. */
type Step =
  | { kind: 'settled'; findings: Finding[]; puts: number }
  /** The ERP refuses what was sent, which is more than one register. */
  | { kind: 'search'; findings: Finding[]; puts: number; among: string[] }
  | {
      kind: 'retry'
      findings: Finding[]
      puts: number
      after?: number | undefined
      reason: string
      skipped?: boolean
      waits?: MessageState['waits']
    }

/**
 * Tries to make the ERP show what is due: everything at once, and where the ERP refuses that, one register after the other
 * to find the guilty one. Changes no record itself.
 * @param deadline epoch ms after which the search begins no further step; what is left stays due
 */
export async function attempt(
  messageId: string,
  state: MessageState,
  deadline: number,
  dependencies: AttemptDependencies,
): Promise<AttemptResult> {
  const { clock, random } = dependencies
  const findings: Finding[] = []
  let puts = 0
  const registers: (string | undefined)[] = [undefined]
  for (let only = registers.shift(); ; only = registers.shift()) {
    const step = await tryOnce(messageId, withFindings(state, findings), only, dependencies)
    findings.push(...step.findings)
    puts += step.puts
    if (step.kind === 'retry') {
      const { skipped = false, waits } = step
      const after = step.after ?? backoff(state.attempts + (skipped ? 0 : 1), random())
      return { findings, retryAt: clock() + after, outcome: step.reason, puts, skipped, ...(waits && { waits }) }
    }
    if (step.kind === 'search') registers.push(...step.among)
    if (registers.length === 0 || clock() >= deadline) break
  }
  return { findings, outcome: findings.some(({ kind }) => kind === 'refused') ? 'refused' : 'fulfilled', puts }
}

/**
 * The state after the result of an attempt that held the lease: the next one's time, or none in a row.
 * @param now epoch ms
 */
export function withResult(
  state: MessageState,
  { findings, retryAt, skipped, waits, puts }: AttemptResult,
  now: number,
  { maxAge, isDry }: Pick<AttemptDependencies, 'maxAge' | 'isDry'>,
): MessageState {
  const { nextAttemptAt: _, waits: __, ...found } = withFindings(state, findings)
  const tried = puts > 0 ? { ...found, lastPutAt: now } : found
  if (retryAt === undefined) return { ...tried, attempts: 0 }
  // In a dry run nothing is tried, so nothing grows old.
  const young = isDry ? restartAge(tried) : parkOverdue(tried, now - maxAge, now)
  const attempts = state.attempts + (skipped ? 0 : 1)
  // Also where nothing is due any more: what is redriven must not overtake a PUT whose answer was lost.
  return { ...young, attempts, nextAttemptAt: retryAt, ...(waits && { waits }) }
}

/** The state with what an attempt found out; it may have grown since the attempt began. */
export function withFindings(state: MessageState, findings: readonly Finding[]): MessageState {
  return trimToLimit(findings.reduce(withFinding, state))
}

async function tryOnce(
  messageId: string,
  state: MessageState,
  only: string | undefined,
  dependencies: AttemptDependencies,
): Promise<Step> {
  const { erp, clock, lostAnswerWait, host, isDry = false, log } = dependencies
  // Always a GET of its own: people edit while a search goes on, and not every answer to a PUT tells the lists.
  const seen = await readMessage(messageId, state, dependencies, { only })
  if (seen.kind === 'unreachable') {
    const { skipped = false } = seen
    return { kind: 'retry', findings: [], puts: 0, after: waitOf(seen), reason: `GET: ${seen.reason}`, skipped }
  }
  if (seen.kind === 'refused') return { kind: 'settled', findings: parkEverything(state, seen, clock()), puts: 0 }

  const { message: before, rendering } = seen
  const { data, shows, sends, impossible } = rendering
  const found: Finding[] = [{ kind: 'fulfilled', rendering: { shows, sends: [] }, before }]
  if (!host.getDisabled && state.lists) found.push({ kind: 'told', lists: undefined })
  if (impossible.length > 0) {
    found.push({ kind: 'refused', wishes: impossible, parked: { reason: 'impossible', at: clock() } })
  }
  if (!data && !seen.waits) return { kind: 'settled', findings: found, puts: 0 }
  const putOff = { kind: 'retry', findings: found, puts: 0, after: longest, skipped: true } as const
  if (!data) return { ...putOff, reason: 'waits for an answer that tells the lists', waits: 'lists' }
  if (isDry) {
    log('dry run', { messageId, wouldPut: Object.keys(data).join(',') })
    return { ...putOff, reason: 'dry run', waits: 'dry run' }
  }

  const put = await erp.put(messageId, data)
  switch (put.kind) {
    case 'answered': {
      const answer = put.message && { answer: put.message }
      const whole = put.message && !host.getDisabled && detectCleared(before, data, put.message, host)
      if (whole) await restore(messageId, whole, dependencies)
      found.push({ kind: 'fulfilled', rendering, before, ...answer })
      if (host.getDisabled) found.push(...told(put, sends))
      return { kind: 'settled', findings: found, puts: 1 }
    }
    case 'unreachable': {
      const { skipped = false } = put
      const puts = skipped ? 0 : 1
      return { kind: 'retry', findings: found, puts, after: waitOf(put), reason: `PUT: ${put.reason}`, skipped }
    }
    case 'lost':
      found.push({ kind: 'doubtful', wishes: sends })
      return { kind: 'retry', findings: found, puts: 1, after: lostAnswerWait, reason: `PUT lost: ${put.reason}` }
    case 'refused':
      // No GET has said before that there is no such chat message.
      if (host.getDisabled && (put.status === 404 || put.status === 410)) {
        return { kind: 'settled', findings: [...found, ...parkEverything(state, put, clock())], puts: 1 }
      }
      if (sends.length > 1) return { kind: 'search', findings: found, puts: 1, among: sends.map(({ key }) => key) }
      found.push({ kind: 'refused', wishes: sends, parked: parkedBy(put, clock()) })
      return { kind: 'settled', findings: found, puts: 1 }
  }
}

/** What an answer tells of the lists: nothing more is known of them where they were sent and it doesn't say what became of them. */
function told(
  { message, tellsLists }: Extract<PutOutcome, { kind: 'answered' }>,
  sends: Rendering['sends'],
): Finding[] {
  if (message && tellsLists) {
    const { reactions, attachments } = message
    return [{ kind: 'told', lists: { reactions, attachments } }]
  }
  return sends.some(({ change }) => isListed(change)) ? [{ kind: 'told', lists: undefined }] : []
}

/**
 * Gives a chat message back what a PUT of ours has cleared, and sends whole ones from now on. Tried at once, because nobody
 * knows it later, and twice, which still ends within the lease.
 */
async function restore(
  messageId: string,
  whole: ChatroomMessageData,
  { erp, host, log }: AttemptDependencies,
): Promise<void> {
  host.putClears = true
  for (let tries = 1; tries <= 2; tries += 1) {
    const { kind } = await erp.put(messageId, whole)
    log('the host clears what a PUT leaves out: set ERP_PUT=whole', { messageId, restored: kind === 'answered', tries })
    if (kind === 'answered' || kind === 'refused') return
  }
}

/** An ERP that says nothing, or that it can be asked again at once, is given the pause of the backoff. */
function waitOf({ retryAfter }: { retryAfter?: number }): number | undefined {
  return retryAfter || undefined
}

type Refusal = { status: number; answer: string }

function parkedBy({ status, answer }: Refusal, at: number): Parked {
  return { reason: 'refused', at, status, answer }
}

/** Where the ERP has no such chat message nothing of it can ever be applied, nor what stood before it in its register. */
function parkEverything(state: MessageState, refusal: Refusal, at: number): Finding[] {
  const due = dueRegisters(state)
  const before = due.flatMap(({ key, write, register }) =>
    register.writes.filter((other) => other !== write && !other.parked).map(({ identity }) => ({ key, identity })),
  )
  const { answer: _, ...parked } = parkedBy(refusal, at)
  const wishes = due.map(({ key, write }) => ({ key, identity: write.identity }))
  return [
    { kind: 'refused', wishes, parked: parkedBy(refusal, at) },
    { kind: 'refused', wishes: before, parked },
  ]
}

function withFinding(state: MessageState, finding: Finding): MessageState {
  switch (finding.kind) {
    case 'fulfilled':
      return recordApplied(state, finding.rendering, finding.before, finding.answer)
    case 'doubtful':
      return markUnconfirmed(state, finding.wishes)
    case 'told':
      return keepLists(state, finding.lists)
    case 'refused':
      return park(state, finding.wishes, finding.parked)
  }
}
