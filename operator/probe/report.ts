import { counted, details, escapeControl } from '../cli/output.ts'
import { type Answers, settingsFor } from './answers.ts'
import type { Calls } from './calls.ts'
import { isRestored, type Restored } from './restore.ts'

/** What a probe found out, and how it left the chat message. */
export type Report = {
  messageId: string
  host: string
  answers: Answers
  noted: Calls['noted']
  /** Absent where nothing was written. */
  restored?: Restored
  /** When the first PUT was made, and the last; epoch ms. */
  wrote?: { from: number; until: number; puts: number }
  /** Where the chat message as it was is kept, because it could not be restored. */
  kept?: string
  /** Why not all could be found out. */
  why?: string
}

/** As a script reads it. */
export function asJson({ noted, wrote, answers, restored, ...report }: Report): Record<string, unknown> {
  return {
    ...report,
    answers,
    settings: settingsFor(answers),
    latency: { get: latency(noted.get), put: latency(noted.put) },
    rateLimit: noted.rateLimit,
    puts: wrote?.puts ?? 0,
    ...(restored && {
      restored: isRestored(restored),
      left: restored.left,
      otherIds: restored.hasOtherIds,
    }),
  }
}

/** As a person reads it. */
export function asText(report: Report): string {
  const { answers, noted, messageId, host } = report
  const { errors } = answers
  const notAsked = answers.lists === 'added' ? 'not asked: what is added could not be taken away' : undefined
  const answered = details(`Chat message ${messageId} of ${host}`, {
    GET: answers.get,
    'a PUT of some fields': answers.partialPut && said[answers.partialPut](answers.cleared?.join(', ') ?? ''),
    'a list in a PUT': answers.lists && said[answers.lists],
    'keys that nobody knows': answers.unknownKeys ?? notAsked,
    'the same emoji twice': answers.repeatedEmoji ?? notAsked,
    'a PUT’s answer tells': answers.putTells,
    'an unknown chat message': errors.unknownMessage && errorText(errors.unknownMessage),
    'a wrong token': errors.wrongToken && errorText(errors.wrongToken),
    'a body that makes no sense': errors.nonsense && errorText(errors.nonsense),
    'headers of a rate limit': rateLimitText(noted.rateLimit),
    'time of a GET': latencyText(latency(noted.get)),
    'time of a PUT': latencyText(latency(noted.put)),
  })
  return [answered, '', ...settingsText(report), ...leftText(report)].join('\n')
}

const said = {
  keeps: () => 'leaves the others alone',
  clears: (which: string) => `clears the others: ${which}`,
  replaced: 'replaces what is there',
  added: 'is added to what is there: nothing can be taken away',
} as const

function settingsText({ answers, why }: Report): string[] {
  const settings = settingsFor(answers)
  const known = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const all = ['ERP_PUT', 'ERP_LISTS', 'ERP_READ']
  const unknown = all.filter((name) => !Object.hasOwn(settings, name))
  const lines: string[] = []
  if (why !== undefined) lines.push(`Not all was asked: ${why}.`)
  if (known.length > 0) lines.push(`Settings that fit: ${known.join(' ')}`)
  if (unknown.length > 0) lines.push(`Not known: ${unknown.join(', ')}`)
  if (answers.get === 'refused') return lines
  if (answers.partialPut === 'clears' || answers.lists === 'added') {
    lines.push('Set them before the bridge writes to this host.')
  }
  return lines
}

function leftText({ restored, wrote, kept, messageId }: Report): string[] {
  if (!restored || !wrote) return ['Nothing was written.']
  const { left, hasOtherIds, unreadable } = restored
  const lines: string[] = []
  if (isRestored(restored)) {
    lines.push(
      `The chat message is as it was${hasOtherIds ? ', but its host gave elements of its lists other ids' : ''}.`,
    )
  } else if (unreadable !== undefined) {
    lines.push(
      `NOT RESTORED, as far as is known: chat message ${messageId} can't be read (${escapeControl(unreadable)}).`,
    )
  } else {
    lines.push(`NOT RESTORED: ${left.join(', ')} of chat message ${messageId}. Put it right in the ERP.`)
  }
  if (kept !== undefined)
    lines.push(`As it was before it stands in ${kept}, which holds a customer's text: delete it then.`)
  const [from, until] = [wrote.from, wrote.until].map((at) => new Date(at).toISOString())
  return [
    ...lines,
    `${counted(wrote.puts, 'PUT')} between ${from} and ${until}. Now look whether the customer was notified.`,
  ]
}

function errorText(error: { status: number; isJson?: boolean; begins?: string }): string {
  if (error.begins === undefined) return `${error.status}: no error`
  return `${error.status}, ${error.isJson ? 'JSON' : 'no JSON'}${error.begins ? `: ${escapeControl(error.begins)}` : ''}`
}

function rateLimitText(headers: Readonly<Record<string, string>>): string {
  const all = Object.entries(headers).map(([name, value]) => `${name}: ${escapeControl(value)}`)
  return all.length === 0 ? 'none' : all.join('; ')
}

type Latency = { count: number; p50: number; p95: number }

/** ms, by the nearest rank. */
function latency(times: readonly number[]): Latency | undefined {
  if (times.length === 0) return undefined
  const sorted = [...times].sort((a, b) => a - b)
  const rank = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] as number)
  return { count: sorted.length, p50: rank(0.5), p95: rank(0.95) }
}

function latencyText(times: Latency | undefined): string | undefined {
  return times && `p50 ${times.p50} ms, p95 ${times.p95} ms, of ${times.count}`
}
