import { MessageId } from '../../functions/state/changes.ts'
import { InvalidInputError } from '../invalid-input.ts'
import { parseSince } from '../time.ts'

/** Names parked items: one write, everything parked of a chat message, or a dead letter. */
export type Id =
  | { kind: 'write'; text: string; messageId: string; identity: string }
  | { kind: 'chat message'; text: string; messageId: string }
  | { kind: 'dead letter'; text: string; letter: string }

/** Selects parked items: by id, or all that match. */
export type Selection = { ids: Id[] } | { reason?: string; since?: number }

/** A chat message's id has no colon, so it cannot be taken for a dead letter. */
const deadLetter = 'dead:'

/** The id of a parked write: its chat message and its identity there. */
export function writeId(messageId: string, identity: string): string {
  return `${messageId}/${identity}`
}

/** The id of a dead letter. */
export function deadLetterId(letter: string): string {
  return `${deadLetter}${letter}`
}

/**
 * Reads a selection.
 * @param now epoch ms
 * @param options.orAll true: no selection means everything
 * @throws InvalidInputError
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
    throw new InvalidInputError('ids, --all, or --reason and --since: one of them')
  }
  if (ids.length > 0) return { ids: ids.map(idOf) }
  if (!all && !isFiltered && !orAll)
    throw new InvalidInputError('of what? ids as list shows them, --all, --reason or --since')
  return { ...(reason !== undefined && { reason }), ...(since !== undefined && { since: parseSince(since, now) }) }
}

/** Reads an id as `list` shows it. @throws InvalidInputError */
export function idOf(text: string): Id {
  if (text.startsWith(deadLetter) && text.length > deadLetter.length) {
    return { kind: 'dead letter', text, letter: text.slice(deadLetter.length) }
  }
  const [first, identity, ...more] = text.split('/')
  const messageId = MessageId.safeParse(first)
  if (!messageId.success || identity === '' || more.length > 0) {
    throw new InvalidInputError(`${text} is no id: expected 42/IDENTITY, 42 or dead:ID, as list shows them`)
  }
  return identity === undefined
    ? { kind: 'chat message', text, messageId: messageId.data }
    : { kind: 'write', text, messageId: messageId.data, identity }
}
