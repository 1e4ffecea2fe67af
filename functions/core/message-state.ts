import { hash } from 'node:crypto'
import * as z from 'zod'
import type { QueuedUpdate } from './queue-message.ts'
import { Change } from './update.ts'

/** How many writes a register keeps, so that an older one can take over when newer ones turn out to be refused. */
const writesKept = 8
/** How long, and for how many events, the record remembers the first arrival of an event that has no time of its own. */
const firstArrivalDays = 7
const firstArrivalsKept = 1000
/** DynamoDB takes 400 KB an item; the rest is for its other attributes. */
const recordLimit = 350 * 1024

/** Why a write was set aside, until an operator decides. */
const Parked = z.strictObject({
  reason: z.enum(['refused', 'age']),
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

/** When, and at which place in its request, an event came. */
const Arrival = z.tuple([z.int(), z.int()])
type Arrival = z.infer<typeof Arrival>

/**
 * What the bridge wants one chat message to be. `own` holds the ERP's ids of the reactions and attachments that the bridge
 * itself added, by `ownKey`: only those may it take away. `firstArrivals` holds, by identity, when and at which place in
 * its request an event first came whose time hangs on that. Times are epoch ms.
 */
export const MessageState = z.strictObject({
  format: z.literal(1),
  registers: z.record(z.string(), Register),
  firstArrivals: z.record(z.string(), Arrival),
  own: z.record(z.string(), z.int()),
  /** Attempts in a row that did not reach the ERP. */
  attempts: z.int(),
  nextAttemptAt: z.int().optional(),
  /** The one attempt that is on the queue for this chat message. */
  scheduledAt: z.int().optional(),
  lease: z.strictObject({ holder: z.string(), until: z.int() }).optional(),
})
export type MessageState = z.infer<typeof MessageState>

/** The state of a chat message that no event was accepted for. */
export function emptyState(): MessageState {
  return { format: 1, registers: {}, firstArrivals: {}, own: {}, attempts: 0 }
}

/**
 * Folds updates into the state. Their order and how often each comes make no difference to what it holds; refused writes
 * stay refused. The given state is left as it is.
 */
export function fold(state: MessageState, updates: readonly QueuedUpdate[]): MessageState {
  return foldWithin(state, updates, Number.POSITIVE_INFINITY).state
}

/**
 * Folds as much as the record has room for.
 * @returns the new state, and the updates that would have exceeded it
 */
export function foldWithin(
  state: MessageState,
  updates: readonly QueuedUpdate[],
  limit = recordLimit,
): { state: MessageState; full: QueuedUpdate[] } {
  const registers = { ...state.registers }
  const firstArrivals = { ...state.firstArrivals }
  const full: QueuedUpdate[] = []
  let bytes = size(state)
  for (const update of updates) {
    const key = registerKey(update)
    const before = registers[key] ?? { writes: [] }
    const write = firstArrival(firstArrivals, writeOf(update))
    const after = { ...before, writes: insert(before.writes, write) }
    const arrival = arrivalOf(write)
    const isNoted = write.occurredAt === undefined || write.occurredAt > write.receivedAt
    const grown = bytes + size([key, after, isNoted && arrival]) - size([key, before])
    if (grown > limit && grown > bytes) {
      full.push(update)
      continue
    }
    bytes = grown
    registers[key] = after
    if (isNoted) firstArrivals[write.identity] = arrival
  }
  return { state: { ...state, registers, firstArrivals }, full }
}

/** The write that a register stands for: its newest that isn't parked. */
export function winner(register: Register): Write | undefined {
  return register.writes.find((write) => !write.parked)
}

/** The registers whose winner the ERP isn't known to show, in a stable order. */
export function dueRegisters(state: MessageState): { key: string; write: Write; register: Register }[] {
  const due = []
  for (const key of Object.keys(state.registers).sort()) {
    const register = state.registers[key] as Register
    const write = winner(register)
    if (write && write.identity !== register.shown) due.push({ key, write, register })
  }
  return due
}

/** Whether the bridge has anything left to do for this chat message. */
export function isDue(state: MessageState): boolean {
  return Object.values(state.registers).some((register) => {
    const write = winner(register)
    return write !== undefined && write.identity !== register.shown
  })
}

/** Notes since when each register is due, and forgets first arrivals that no longer matter. `now` is epoch ms. */
export function tidy(state: MessageState, now: number): MessageState {
  const due = new Set(dueRegisters(state).map(({ key }) => key))
  const registers = Object.fromEntries(
    Object.entries(state.registers).map(([key, { dueSince, ...register }]) => [
      key,
      due.has(key) ? { ...register, dueSince: dueSince ?? now } : register,
    ]),
  )
  const oldest = now - firstArrivalDays * 24 * 3600 * 1000
  const firstArrivals = Object.fromEntries(
    Object.entries(state.firstArrivals)
      .filter(([, [at]]) => at >= oldest)
      .sort(([, [a]], [, [b]]) => b - a)
      .slice(0, firstArrivalsKept),
  )
  return { ...state, registers, firstArrivals }
}

/** Sets writes aside with their reason; the next newest of each register takes over. */
export function park(state: MessageState, wishes: readonly Wish[], parked: Parked): MessageState {
  const identities = new Set(wishes.map(({ identity }) => identity))
  return updateRegisters(state, wishes, (register) => ({
    ...register,
    writes: register.writes.map((write) => (identities.has(write.identity) ? { ...write, parked } : write)),
  }))
}

/** Notes that the ERP shows these wishes. */
export function fulfil(state: MessageState, wishes: readonly Wish[]): MessageState {
  return updateRegisters(state, wishes, (register, { identity }) => ({ ...register, shown: identity }))
}

/** Notes that nobody knows what the ERP shows of these registers: a PUT of them may yet be applied. */
export function doubt(state: MessageState, wishes: readonly Pick<Wish, 'key'>[]): MessageState {
  return updateRegisters(state, wishes, ({ shown: _, ...register }) => register)
}

/** Leaves out the ERP's answers where the record has no room for them; status and reason stay. */
export function withinLimit(state: MessageState, limit = recordLimit): MessageState {
  if (size(state) <= limit) return state
  const registers = Object.entries(state.registers).map(([key, register]) => {
    const writes = register.writes.map(({ parked, ...write }) => {
      const { answer: _, ...short } = parked ?? {}
      return parked ? { ...write, parked: short as Parked } : write
    })
    return [key, { ...register, writes }] as const
  })
  return { ...state, registers: Object.fromEntries(registers) }
}

/** A register and the write of it that is meant. */
export type Wish = { key: string; identity: string }

/** The same emoji, however it is written: with or without the variation selector that asks for a coloured picture. */
export function emojiKey(emoji: string): string {
  return emoji.normalize('NFC').replaceAll('\uFE0F', '')
}

/** Under which key `own` holds the reaction or the file of a change. */
export function ownKey(change: Extract<Change, { kind: 'reaction' | 'attachment' }>): string {
  return change.kind === 'reaction'
    ? `reaction:${emojiKey(change.emoji)}`
    : `attachment:${attachmentKey(change.attachment)}`
}

/** Attachments are known by the id that their sender gives them, else by their file name. */
function attachmentKey(attachment: { id?: string | undefined; filename: string }): string {
  return attachment.id === undefined ? `name:${attachment.filename}` : `id:${attachment.id}`
}

/** The register that an update writes to: one per emoji and actor, one per attachment, and two that stand alone. */
function registerKey(update: Pick<QueuedUpdate, 'change' | 'source' | 'actor'>): string {
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

function writeOf({ source, eventId, actor, change, position, ...update }: QueuedUpdate): Write {
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

function updateRegisters<W extends Pick<Wish, 'key'>>(
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
