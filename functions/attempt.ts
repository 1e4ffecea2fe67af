import { backoff } from './core/backoff.ts'
import type { ChatroomMessage, ChatroomMessageData } from './core/chatroom-message.ts'
import { cleared } from './core/cleared.ts'
import {
  doubt,
  dueRegisters,
  type MessageState,
  type Parked,
  park,
  parkOld,
  type Wish,
  withinLimit,
} from './core/message-state.ts'
import type { Clock, Log } from './core/ports.ts'
import { type Rendering, remember, render } from './core/render.ts'
import type { Erp } from './erp/client.ts'

/** What an attempt found out, as changes to whatever the message state has become meanwhile. */
type Finding =
  | {
      kind: 'fulfilled'
      rendering: Pick<Rendering, 'shows' | 'sends'>
      before: ChatroomMessage
      answer?: ChatroomMessage
    }
  | { kind: 'doubtful'; wishes: Wish[] }
  | { kind: 'refused'; wishes: Wish[]; parked: Parked }

/** How an attempt ended. `retryAt` (epoch ms) is set where the ERP could not be brought up to date for now. */
export type AttemptResult = {
  findings: Finding[]
  retryAt?: number
  /** Nobody asked the ERP, so this is no failure of its own: the backoff doesn't grow. */
  unasked?: boolean
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
  /** Whether the host clears what a PUT leaves out, so that each must carry the whole chat message; learned where it shows. */
  host: { clears: boolean }
  log: Log
}

/** One GET and the PUT after it: what it found out, and whether the attempt goes on. */
type Step =
  | { kind: 'settled'; findings: Finding[]; puts: number }
  /** The ERP refuses what was sent, which is more than one register. */
  | { kind: 'search'; findings: Finding[]; puts: number; among: string[] }
  | { kind: 'retry'; findings: Finding[]; puts: number; after?: number | undefined; reason: string; unasked?: boolean }

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
      const { unasked = false } = step
      const after = step.after ?? backoff(state.attempts + (unasked ? 0 : 1), random())
      return { findings, retryAt: clock() + after, outcome: step.reason, puts, unasked }
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
  { findings, retryAt, unasked, puts }: AttemptResult,
  now: number,
  { maxAge }: Pick<AttemptDependencies, 'maxAge'>,
): MessageState {
  const { nextAttemptAt: _, ...found } = withFindings(state, findings)
  const tried = puts > 0 ? { ...found, lastPutAt: now } : found
  if (retryAt === undefined) return { ...tried, attempts: 0 }
  const young = parkOld(tried, now - maxAge, now)
  // Also where nothing is due any more: what is redriven must not overtake a PUT whose answer was lost.
  return { ...young, attempts: state.attempts + (unasked ? 0 : 1), nextAttemptAt: retryAt }
}

/** The state with what an attempt found out; it may have grown since the attempt began. */
export function withFindings(state: MessageState, findings: readonly Finding[]): MessageState {
  return withinLimit(findings.reduce(withFinding, state))
}

async function tryOnce(
  messageId: string,
  state: MessageState,
  only: string | undefined,
  dependencies: AttemptDependencies,
): Promise<Step> {
  const { erp, clock, lostAnswerWait, host } = dependencies
  // Always a GET of its own: people edit while a search goes on, and not every answer to a PUT tells the lists.
  const got = await erp.get(messageId)
  if (got.kind === 'unreachable') {
    const { unasked = false } = got
    return { kind: 'retry', findings: [], puts: 0, after: waitOf(got), reason: `GET: ${got.reason}`, unasked }
  }
  if (got.kind === 'refused') return { kind: 'settled', findings: parkEverything(state, got, clock()), puts: 0 }

  const rendering = render(state, got.message, { only, whole: host.clears })
  const { data, shows, sends } = rendering
  const before = got.message
  const shown: Finding = { kind: 'fulfilled', rendering: { shows, sends: [] }, before }
  if (!data) return { kind: 'settled', findings: [shown], puts: 0 }

  const put = await erp.put(messageId, data)
  switch (put.kind) {
    case 'answered': {
      const answer = put.message && { answer: put.message }
      const whole = put.message && cleared(before, data, put.message)
      if (whole) await restore(messageId, whole, dependencies)
      return { kind: 'settled', findings: [{ kind: 'fulfilled', rendering, before, ...answer }], puts: 1 }
    }
    case 'unreachable':
      return { kind: 'retry', findings: [shown], puts: 1, after: waitOf(put), reason: `PUT: ${put.reason}` }
    case 'lost': {
      const findings: Finding[] = [shown, { kind: 'doubtful', wishes: sends }]
      return { kind: 'retry', findings, puts: 1, after: lostAnswerWait, reason: `PUT lost: ${put.reason}` }
    }
    case 'refused':
      if (sends.length > 1) return { kind: 'search', findings: [shown], puts: 1, among: sends.map(({ key }) => key) }
      return {
        kind: 'settled',
        findings: [shown, { kind: 'refused', wishes: sends, parked: parkedBy(put, clock()) }],
        puts: 1,
      }
  }
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
  host.clears = true
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
      return remember(state, finding.rendering, finding.before, finding.answer)
    case 'doubtful':
      return doubt(state, finding.wishes)
    case 'refused':
      return park(state, finding.wishes, finding.parked)
  }
}
