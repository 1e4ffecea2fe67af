import { backoff } from './core/backoff.ts'
import type { ChatroomMessage } from './core/chatroom-message.ts'
import { doubt, dueRegisters, isDue, type MessageState, type Parked, park, type Wish } from './core/message-state.ts'
import type { Clock } from './core/ports.ts'
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
  | { kind: 'doubtful'; keys: string[] }
  | { kind: 'refused'; wish: Wish; parked: Parked }

/** How an attempt ended. `retryAt` (epoch ms) is set where the ERP could not be brought up to date for now. */
export type AttemptResult = {
  findings: Finding[]
  retryAt?: number
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
  /** Send the whole chat message in a PUT, for a host that clears what a PUT leaves out. */
  whole: boolean
}

/** Tries once to make the ERP show what is due: GET, render, PUT where something differs. Changes no record itself. */
export async function attempt(
  messageId: string,
  state: MessageState,
  { erp, clock, random, lostAnswerWait, whole }: AttemptDependencies,
): Promise<AttemptResult> {
  const retry = (reason: string, findings: Finding[], puts: number, after = backoff(state.attempts + 1, random())) => ({
    findings,
    retryAt: clock() + after,
    outcome: reason,
    puts,
  })

  const got = await erp.get(messageId)
  if (got.kind === 'unreachable') return retry(`GET: ${got.reason}`, [], 0, got.retryAfter)
  if (got.kind === 'refused') {
    // Nothing of it can ever be applied, nor what stood before it in its register.
    const findings = dueRegisters(state).flatMap(({ key, register }) =>
      register.writes.filter(({ parked }) => !parked).map(({ identity }) => refused({ key, identity }, got, clock())),
    )
    return { findings, outcome: `GET refused with ${got.status}`, puts: 0 }
  }

  const findings: Finding[] = []
  let puts = 0
  let { message } = got
  // Everything that is due at once; where the ERP refuses that, one register after the other, to find the guilty one.
  const toRender: (string | undefined)[] = [undefined]
  while (toRender.length > 0) {
    const only = toRender.shift()
    const rendering = render(withFindings(state, findings), message, { only, whole })
    const { data, sends, shows } = rendering
    if (!data) {
      findings.push({ kind: 'fulfilled', rendering, before: message })
      continue
    }
    puts += 1
    const put = await erp.put(messageId, data)
    const alreadyThere: Finding = { kind: 'fulfilled', rendering: { shows, sends: [] }, before: message }
    switch (put.kind) {
      case 'answered':
        findings.push({ kind: 'fulfilled', rendering, before: message, ...(put.message && { answer: put.message }) })
        message = put.message ?? message
        break
      case 'unreachable':
        return retry(`PUT: ${put.reason}`, [...findings, alreadyThere], puts, put.retryAfter)
      case 'lost': {
        const doubtful: Finding = { kind: 'doubtful', keys: sends.map(({ key }) => key) }
        return retry(`PUT lost: ${put.reason}`, [...findings, alreadyThere, doubtful], puts, lostAnswerWait)
      }
      case 'refused': {
        findings.push(alreadyThere)
        if (sends.length > 1) toRender.push(...sends.map(({ key }) => key))
        else findings.push(...sends.map((wish) => refused(wish, put, clock())))
      }
    }
  }
  return { findings, outcome: findings.some(({ kind }) => kind === 'refused') ? 'refused' : 'fulfilled', puts }
}

function refused({ key, identity }: Wish, { status, answer }: { status: number; answer: string }, at: number): Finding {
  return { kind: 'refused', wish: { key, identity }, parked: { reason: 'refused', at, status, answer } }
}

/** The state with what an attempt found out; it may have grown since the attempt began. */
function withFindings(state: MessageState, findings: readonly Finding[]): MessageState {
  return findings.reduce(withFinding, state)
}

function withFinding(state: MessageState, finding: Finding): MessageState {
  switch (finding.kind) {
    case 'fulfilled':
      return remember(state, finding.rendering, finding.before, finding.answer)
    case 'doubtful':
      return doubt(state, finding.keys)
    case 'refused':
      return park(state, finding.wish, finding.parked)
  }
}

/** The state after the result of an attempt: the next one's time, or none in a row. */
export function withResult(state: MessageState, result: AttemptResult): MessageState {
  const { nextAttemptAt: _, ...found } = withFindings(state, result.findings)
  if (result.retryAt === undefined) return { ...found, attempts: 0 }
  return { ...found, attempts: state.attempts + 1, ...(isDue(found) && { nextAttemptAt: result.retryAt }) }
}
