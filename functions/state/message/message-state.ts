import { hash } from 'node:crypto'
import * as z from 'zod'
import { Change } from '../changes.ts'
import { Lists } from '../erp/chatroom-message.ts'
import type { QueuedUpdate } from '../queue-message.ts'

/** How many writes a register keeps, so that an older one can take over when newer ones turn out to be refused. */
const writesKept = 8
/** How long (ms), and for how many events, the record remembers the first arrival of an event without a time of its own. */
const remembered = 7 * 24 * 3600 * 1000
const firstArrivalsKept = 1000
/** DynamoDB takes 400 KB an item; the rest is for its other attributes. */
const recordLimit = 350 * 1024
/** Lists that are longer than this as JSON are not kept. */
const listsLimit = 32 * 1024

/** Why a write was set aside: until an operator decides, or because one did. */
const Parked = z.strictObject({
  reason: z.enum(['refused', 'age', 'impossible', 'dropped']),
  at: z.int(),
  status: z.int().optional(),
  answer: z.string().optional(),
})
export type Parked = z.infer<typeof Parked>

/** One wish for a register. Times are epoch ms; `occurredAt` is the event's own, where it has one. */
const Write = z.strictObject({
  identity: z.string(),
  time: z.int(),
  occurredAt: z.int().optional(),
  receivedAt: z.int(),
  position: z.int(),
  eventId: z.string(),
  source: z.string(),
  actor: z.string().optional(),
  change: Change,
  parked: Parked.optional(),
})
export type Write = z.infer<typeof Write>

/** Writes are newest first. `shown` is the identity of the write that the ERP was last known to show; absent: not known. */
const Register = z.strictObject({
  writes: z.array(Write),
  shown: z.string().optional(),
  dueSince: z.int().optional(),
})
export type Register = z.infer<typeof Register>

/** What a fold needs of an update, whatever it is an update of. */
type UpdateInput = Omit<QueuedUpdate, 'messageId'>

/** When, and at which place in its request, an event came. */
const Arrival = z.tuple([z.int(), z.int()])
type Arrival = z.infer<typeof Arrival>

/**
 * What the bridge wants one chat message to be. `own` holds the ERP's ids of the reactions and attachments that the bridge
 * itself added, by `ownKey`: only those may it take away. `firstArrivals` holds, by identity, when and at which place in
 * its request an event first came whose time hangs on that. Times are epoch ms.
 */
export const MessageState = z.strictObject({
  format: z.literal(4),
  registers: z.record(z.string(), Register),
  firstArrivals: z.record(z.string(), Arrival),
  own: z.record(z.string(), z.int()),
  /** Removals up to here may have been forgotten: what is older than this and unknown is stale. */
  floor: z.int(),
  /** When the last PUT was made. */
  lastPutAt: z.int().optional(),
  /** Attempts in a row that did not reach the ERP. */
  attempts: z.int(),
  nextAttemptAt: z.int().optional(),
  /**
   * What the next attempt is put off for, where that is no failure: a PUT's answer that tells the lists, or the end of a dry
   * run. Then `nextAttemptAt` is only when to look again.
   */
  waits: z.enum(['lists', 'dry run']).optional(),
  /** The lists as the last PUT's answer told them: what the ERP shows, on a host that refuses GET. */
  lists: Lists.optional(),
  /** The one attempt that is on the queue for this chat message. */
  scheduledAt: z.int().optional(),
  lease: z.strictObject({ holder: z.string(), until: z.int() }).optional(),
})
export type MessageState = z.infer<typeof MessageState>

/** A record of any format. */
const Formatted = z.looseObject({ format: z.int().min(1) })

/** Each brings a record from the format of its index, plus one, to the next. */
const migrations: ((record: Record<string, unknown>) => Record<string, unknown>)[] = [
  (record) => ({ ...record, format: 2, floor: 0 }),
  // Writes may name their actor from here on, which format 2 does not know.
  (record) => ({ ...record, format: 3 }),
  // From here on it may hold lists and a wait, and what is parked because it is impossible.
  (record) => ({ ...record, format: 4 }),
]

/**
 * Reads a record as it was saved, in this format or an older one.
 * @returns the state, or why it can't be read
 */
export function readState(body: string): { state: MessageState } | { unreadable: 'newer' | 'damaged' } {
  let record: unknown
  try {
    record = JSON.parse(body)
  } catch {
    return { unreadable: 'damaged' }
  }
  const format = Formatted.safeParse(record)
  if (!format.success) return { unreadable: 'damaged' }
  if (format.data.format > migrations.length + 1) return { unreadable: 'newer' }
  const migrated = migrations
    .slice(format.data.format - 1)
    .reduce<Record<string, unknown>>((old, to) => to(old), format.data)
  const parsed = MessageState.safeParse(migrated)
  return parsed.success ? { state: parsed.data } : { unreadable: 'damaged' }
}

/** The state of a chat message that no event was accepted for. */
export function emptyState(): MessageState {
  return { format: 4, registers: {}, firstArrivals: {}, own: {}, floor: 0, attempts: 0 }
}

/**
 * Folds updates into the state. Their order and how often each comes make no difference to what it holds; refused writes
 * stay refused. The given state is left as it is.
 */
export function mergeUpdates(state: MessageState, updates: readonly UpdateInput[]): MessageState {
  return mergeWithinLimit(state, updates, Number.POSITIVE_INFINITY).state
}

/**
 * Folds as much as the record has room for.
 * @returns the new state, the updates that would have exceeded it, and how many were too old to say what they mean
 */
export function mergeWithinLimit<Update extends UpdateInput>(
  state: MessageState,
  updates: readonly Update[],
  limit = recordLimit,
): { state: MessageState; full: Update[]; stale: number } {
  const registers = { ...state.registers }
  const firstArrivals = { ...state.firstArrivals }
  const full: Update[] = []
  let stale = 0
  const measure = limit === Number.POSITIVE_INFINITY ? () => 0 : size
  let bytes = measure(state)
  for (const update of updates) {
    const key = registerKey(update)
    const known = registers[key]
    const before = known ?? { writes: [] }
    const write = firstArrival(firstArrivals, writeOf(update))
    if (!known && write.time <= state.floor) {
      stale += 1
      continue
    }
    const after = { ...before, writes: insert(before.writes, write) }
    const arrival = arrivalOf(write)
    const isNoted = write.occurredAt === undefined || write.occurredAt > write.receivedAt
    const isNew = isNoted && !firstArrivals[write.identity]
    const grown =
      bytes +
      measure({ [key]: after }) -
      (known ? measure({ [key]: known }) : 0) +
      (isNew ? measure({ [write.identity]: arrival }) : 0)
    if (grown > limit && grown > bytes) {
      full.push(update)
      continue
    }
    bytes = grown
    registers[key] = after
    if (isNoted) firstArrivals[write.identity] = arrival
  }
  return { state: { ...state, registers, firstArrivals }, full, stale }
}

/** The write that a register stands for: its newest that isn't parked. */
export function winningWrite(register: Register): Write | undefined {
  return register.writes.find((write) => !write.parked)
}

/** The registers whose winner the ERP isn't known to show, in a stable order. */
export function dueRegisters(state: MessageState): { key: string; write: Write; register: Register }[] {
  const due = []
  for (const key of Object.keys(state.registers).sort()) {
    const register = state.registers[key] as Register
    const write = winningWrite(register)
    if (write && write.identity !== register.shown) due.push({ key, write, register })
  }
  return due
}

/** Whether the bridge has anything left to do for this chat message. */
export function isDue(state: MessageState): boolean {
  return Object.values(state.registers).some((register) => {
    const write = winningWrite(register)
    return write !== undefined && write.identity !== register.shown
  })
}

/**
 * Notes since when each register is due, and forgets what no longer matters: first arrivals after a week, and removals that
 * are a week old and fulfilled once the record is half full.
 * @param now epoch ms
 */
export function prune(state: MessageState, now: number): MessageState {
  const due = new Set(dueRegisters(state).map(({ key }) => key))
  const oldest = now - remembered
  const registers = Object.fromEntries(
    Object.entries(state.registers).map(([key, { dueSince, ...register }]) => [
      key,
      due.has(key) ? { ...register, dueSince: dueSince ?? now } : register,
    ]),
  )
  const firstArrivals = Object.fromEntries(
    Object.entries(state.firstArrivals)
      .filter(([, [at]]) => at >= oldest)
      .sort(([, [a]], [, [b]]) => b - a)
      .slice(0, firstArrivalsKept),
  )
  const noted = { ...state, registers, firstArrivals }
  return size(noted) > recordLimit / 2 ? pruneRemovals(noted, oldest) : noted
}

/** Forgets old removals behind a floor, so that an even older wish that they overruled can't come back as a new one. */
function pruneRemovals(state: MessageState, oldest: number): MessageState {
  const registers = { ...state.registers }
  let { floor } = state
  for (const [key, register] of Object.entries(state.registers)) {
    const write = winningWrite(register)
    const isRemoval = write && 'present' in write.change && !write.change.present
    if (!isRemoval || write.identity !== register.shown || write.time >= oldest) continue
    if (register.writes.some(({ parked }) => isWaiting(parked))) continue
    delete registers[key]
    floor = Math.max(floor, write.time)
  }
  return { ...state, registers, floor }
}

/** Sets writes aside with their reason; the next newest of each register takes over. */
export function park(state: MessageState, wishes: readonly WriteRef[], parked: Parked): MessageState {
  const identities = new Set(wishes.map(({ identity }) => identity))
  return updateRegisters(state, wishes, (register) => ({
    ...register,
    writes: register.writes.map((write) => (identities.has(write.identity) ? { ...write, parked } : write)),
  }))
}

/** Sets aside what has been due for too long: every wish of a register that is due since before `since` (epoch ms). */
export function parkOverdue(state: MessageState, since: number, at: number): MessageState {
  const old = dueRegisters(state).filter(({ register }) => (register.dueSince ?? at) <= since)
  const wishes = old.flatMap(({ key, register }) =>
    register.writes.filter(({ parked }) => !parked).map(({ identity }) => ({ key, identity })),
  )
  return wishes.length === 0 ? state : park(state, wishes, { reason: 'age', at })
}

/** Lets the age of all that is due begin anew. */
export function restartAge(state: MessageState): MessageState {
  return updateRegisters(state, dueRegisters(state), ({ dueSince: _, ...register }) => register)
}

/** A parked write, where it stands. */
export type ParkedWrite = WriteRef & { write: Write & { parked: Parked } }

/** Every parked write that an operator has to decide about, in a stable order. */
export function parkedWrites(state: MessageState): ParkedWrite[] {
  return Object.keys(state.registers)
    .sort()
    .flatMap((key) =>
      (state.registers[key] as Register).writes.flatMap((write) =>
        isWaiting(write.parked) ? [{ key, identity: write.identity, write: { ...write, parked: write.parked } }] : [],
      ),
    )
}

/** Makes parked wishes due again, and lets their age begin anew; a newer write of the same register still wins. */
export function redrive(state: MessageState, wishes: readonly WriteRef[] = parkedWrites(state)): MessageState {
  return updateRegisters(state, wishes, ({ dueSince: _, ...register }, { identity }) => ({
    ...register,
    writes: register.writes.map((write) => (write.identity === identity ? without(write, 'parked') : write)),
  }))
}

/**
 * Sets parked wishes aside for good. They stay in the record until newer ones push them out, for else a late repeat, or the
 * object that passed them on, would bring them back.
 */
export function drop(state: MessageState, wishes: readonly WriteRef[]): MessageState {
  return updateRegisters(state, wishes, (register, { identity }) => ({
    ...register,
    writes: register.writes.map((write) =>
      write.identity === identity && write.parked
        ? { ...write, parked: { reason: 'dropped' as const, at: write.parked.at } }
        : write,
    ),
  }))
}

/** Notes that the ERP shows these wishes. */
export function markApplied(state: MessageState, wishes: readonly WriteRef[]): MessageState {
  return updateRegisters(state, wishes, (register, { identity }) => ({ ...register, shown: identity }))
}

/** Notes that nobody knows what the ERP shows of these registers, nor of the lists: a PUT of them may yet be applied. */
export function markUnconfirmed(state: MessageState, wishes: readonly Pick<WriteRef, 'key'>[]): MessageState {
  const doubted = updateRegisters(state, wishes, ({ shown: _, ...register }) => register)
  return wishes.length === 0 ? doubted : keepLists(doubted, undefined)
}

/** Keeps what an answer told of the lists, unless they are too long; undefined forgets what was kept. */
export function keepLists(state: MessageState, lists: Lists | undefined): MessageState {
  const { lists: _, ...rest } = state
  return lists && size(lists) <= listsLimit ? { ...rest, lists } : rest
}

/** Leaves out the lists and the ERP's answers where the record has no room for them; status and reason stay. */
export function trimToLimit(given: MessageState, limit = recordLimit): MessageState {
  if (size(given) <= limit) return given
  const state = keepLists(given, undefined)
  const registers = Object.entries(state.registers).map(([key, register]) => {
    const writes = register.writes.map(({ parked, ...write }) => {
      const { answer: _, ...short } = parked ?? {}
      return parked ? { ...write, parked: short as Parked } : write
    })
    return [key, { ...register, writes }] as const
  })
  return { ...state, registers: Object.fromEntries(registers) }
}

function isWaiting(parked: Parked | undefined): parked is Parked {
  return parked !== undefined && parked.reason !== 'dropped'
}

/** A register and the write of it that is meant. */
export type WriteRef = { key: string; identity: string }

/** The same emoji, however it is written: with or without the variation selector that asks for a coloured picture. */
export function emojiKey(emoji: string): string {
  return emoji.normalize('NFC').replaceAll('\uFE0F', '')
}

/** Under which key `own` holds the reaction or the file of a change. */
export function elementKey(change: Extract<Change, { kind: 'reaction' | 'attachment' }>): string {
  return change.kind === 'reaction'
    ? `reaction:${emojiKey(change.emoji)}`
    : `attachment:${attachmentKey(change.attachment)}`
}

/** Attachments are known by the id that their sender gives them, else by their file name. */
function attachmentKey(attachment: { id?: string | undefined; filename: string }): string {
  return attachment.id === undefined ? `name:${attachment.filename}` : `id:${attachment.id}`
}

/** The register that an update writes to: one per emoji and actor, one per attachment, and two that stand alone. */
function registerKey(update: Pick<UpdateInput, 'change' | 'source' | 'actor'>): string {
  const { change } = update
  switch (change.kind) {
    case 'completed':
    case 'text':
      return change.kind
    case 'reaction':
      return JSON.stringify(['reaction', emojiKey(change.emoji), update.source, update.actor ?? ''])
    case 'attachment':
      return JSON.stringify(['attachment', attachmentKey(change.attachment)])
  }
}

function writeOf({ source, eventId, actor, change, position, ...update }: UpdateInput): Write {
  const occurredAt = update.occurredAt === undefined ? undefined : Date.parse(update.occurredAt)
  const receivedAt = Date.parse(update.receivedAt)
  return {
    // Event ids that a sender uses again for something else must not swallow it, hence time, actor and change.
    identity: hash(
      'sha256',
      JSON.stringify([source, eventId, occurredAt ?? null, actor ?? null, change]),
      'base64url',
    ).slice(0, 22),
    time: timeOf(occurredAt, receivedAt),
    ...(occurredAt !== undefined && { occurredAt }),
    receivedAt,
    position,
    eventId,
    source,
    ...(actor !== undefined && { actor }),
    change,
  }
}

/** An event's own time, but never later than its first arrival: nobody's clock may win over the future. */
function timeOf(occurredAt: number | undefined, receivedAt: number): number {
  return Math.min(occurredAt ?? receivedAt, receivedAt)
}

/**
 * The write as it was when its event first came, as far as the record remembers: where the time hangs on the arrival, a late
 * repeat must not be newer than the first arrival was.
 */
function firstArrival(firstArrivals: Readonly<Record<string, Arrival>>, write: Write): Write {
  const known = firstArrivals[write.identity]
  if (!known) return write
  const [receivedAt, position] = earlier(known, arrivalOf(write))
  return { ...write, receivedAt, position, time: timeOf(write.occurredAt, receivedAt) }
}

function insert(writes: readonly Write[], write: Write): Write[] {
  const known = writes.find(({ identity }) => identity === write.identity)
  const merged = known ? firstOf(known, write) : write
  const sorted = [...writes.filter((other) => other !== known), merged].sort(newestFirst)
  const kept = sorted.slice(0, writesKept)
  const fallback = sorted.slice(writesKept).find(({ parked }) => !parked)
  return fallback ? [...kept, fallback] : kept
}

/** Two arrivals of one event count as its first; once refused stays refused. */
function firstOf(a: Write, b: Write): Write {
  const [receivedAt, position] = earlier(arrivalOf(a), arrivalOf(b))
  const parked = a.parked ?? b.parked
  return { ...a, receivedAt, position, time: timeOf(a.occurredAt, receivedAt), ...(parked && { parked }) }
}

function arrivalOf(write: Write): Arrival {
  return [write.receivedAt, write.position]
}

function earlier(a: Arrival, b: Arrival): Arrival {
  return (a[0] - b[0] || a[1] - b[1]) <= 0 ? a : b
}

function newestFirst(a: Write, b: Write): number {
  return (
    b.time - a.time ||
    b.receivedAt - a.receivedAt ||
    b.position - a.position ||
    (a.identity < b.identity ? 1 : a.identity > b.identity ? -1 : 0)
  )
}

function without<T extends object, Key extends keyof T>(whole: T, key: Key): Omit<T, Key> {
  const { [key]: _, ...rest } = whole
  return rest
}

function updateRegisters<W extends Pick<WriteRef, 'key'>>(
  state: MessageState,
  wishes: readonly W[],
  change: (register: Register, wish: W) => Register,
): MessageState {
  const registers = { ...state.registers }
  for (const wish of wishes) {
    const register = registers[wish.key]
    if (register) registers[wish.key] = change(register, wish)
  }
  return { ...state, registers }
}

/** Bytes as JSON, which is how the record is saved. */
function size(part: unknown): number {
  return Buffer.byteLength(JSON.stringify(part))
}
