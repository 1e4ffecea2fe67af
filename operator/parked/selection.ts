import * as z from 'zod'
import { MessageId } from '../../functions/state/changes.ts'
import { UsageError } from '../cli/exit-codes.ts'

/** What `list` calls a thing: a parked wish, all that is parked of a chat message, or a dead letter. */
export type Id =
  | { kind: 'wish'; text: string; messageId: string; identity: string }
  | { kind: 'chat message'; text: string; messageId: string }
  | { kind: 'dead letter'; text: string; letter: string }

/** Which of what is set aside a command is about: some by name, or all that match. */
export type Selection = { ids: Id[] } | { reason?: string; since?: number }

/** Options of `parseArgs` that select. */
export const selectionOptions = {
  all: { type: 'boolean' },
  reason: { type: 'string' },
  since: { type: 'string' },
} as const

/** No chat message has a colon in its id, so no chat message's wishes look like a dead letter. */
const deadLetter = 'dead:'

/** The id of a parked wish, which is known by its identity within its chat message. */
export function writeId(messageId: string, identity: string): string {
  return `${messageId}/${identity}`
}

/** The id of a dead letter. */
export function deadLetterId(letter: string): string {
  return `${deadLetter}${letter}`
}

/**
 * What the arguments select.
 * @param now epoch ms
 * @param options.orAll whether no selection means everything
 * @throws UsageError
 */
export function selectionOf(
  ids: readonly string[],
  {
    all = false,
    reason,
    since,
  }: { all?: boolean | undefined; reason?: string | undefined; since?: string | undefined },
  now: number,
  { orAll }: { orAll: boolean },
): Selection {
  const isFiltered = reason !== undefined || since !== undefined
  if ([ids.length > 0, all, isFiltered].filter(Boolean).length > 1) {
    throw new UsageError('ids, --all, or --reason and --since: one of them')
  }
  if (ids.length > 0) return { ids: ids.map(idOf) }
  if (!all && !isFiltered && !orAll) throw new UsageError('of what? ids as list shows them, --all, --reason or --since')
  return { ...(reason !== undefined && { reason }), ...(since !== undefined && { since: parseSince(since, now) }) }
}

/** @throws UsageError */
export function idOf(text: string): Id {
  if (text.startsWith(deadLetter) && text.length > deadLetter.length) {
    return { kind: 'dead letter', text, letter: text.slice(deadLetter.length) }
  }
  const [first, identity, ...more] = text.split('/')
  const messageId = MessageId.safeParse(first)
  if (!messageId.success || identity === '' || more.length > 0) {
    throw new UsageError(`${text} is no id: expected 42/IDENTITY, 42 or dead:ID, as list shows them`)
  }
  return identity === undefined
    ? { kind: 'chat message', text, messageId: messageId.data }
    : { kind: 'wish', text, messageId: messageId.data, identity }
}

const units = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 }
const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })])

/**
 * @returns epoch ms
 * @throws UsageError
 */
export function parseSince(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (count !== undefined) return now - Number(count) * units[unit as keyof typeof units]
  if (Moment.safeParse(text).success) return Date.parse(text)
  throw new UsageError('--since: expected a time such as 30m, 2h, 7d, 2026-11-22 or 2026-11-22T19:00:00Z')
}
