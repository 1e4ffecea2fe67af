import { hash } from 'node:crypto'
import * as z from 'zod'
import { emptyState, MessageState, mergeWithinLimit } from '../message/message-state.ts'
import type { QueuedLink, QueuedObjectUpdate, QueuedUpdate } from '../queue-message.ts'
import type { SavedState } from '../stored-state.ts'

/** How many chat messages one object may be linked to. */
export const linksKept = 20
/**
 * How much that was said for a link is kept, and as much against it: a repeat that comes before what it repeats looks newer
 * than it is, until that comes.
 */
const assertionsKept = 8
/** How long (ms) at least a link that is gone is remembered, so that one that is older and comes late does not bring it back. */
const remembered = 7 * 24 * 3600_000
const firstArrivalsKept = 1_000

/** When somebody said that there is, or isn't, a link. Times are epoch ms. */
const LinkAssertion = z.strictObject({
  identity: z.string(),
  time: z.int(),
  occurredAt: z.int().optional(),
  receivedAt: z.int(),
  position: z.int(),
})
type LinkAssertion = z.infer<typeof LinkAssertion>

/** The newest that was said of a link, for and against it, newest first. */
const LinkState = z.strictObject({ added: z.array(LinkAssertion), removed: z.array(LinkAssertion) })
type LinkState = z.infer<typeof LinkState>

/**
 * What the bridge knows of one object of a source: which chat messages it is, and what happened to it lately, in the registers
 * of a message state. Wishes wait here for links, for `hold` ms.
 */
export const ObjectState = z.strictObject({
  kind: z.literal('object'),
  format: z.literal(1),
  source: z.string(),
  object: z.string(),
  hold: z.int(),
  links: z.record(z.string(), LinkState),
  registers: MessageState.shape.registers,
  firstArrivals: MessageState.shape.firstArrivals,
})
export type ObjectState = z.infer<typeof ObjectState>

/** The state of an object that nothing is known of. */
export function emptyObject(source: string, object: string): ObjectState {
  return { kind: 'object', format: 1, source, object, hold: 0, links: {}, registers: {}, firstArrivals: {} }
}

/** What the keys of objects begin with: no chat message has a colon. */
export const objectKeys = 'object:'

/** Under which key an object's record is kept; what the source chose is not to be seen in it. */
export function objectKey({ source, object }: { source: string; object: string }): string {
  return `${objectKeys}${hash('sha256', JSON.stringify([source, object]), 'base64url')}`
}

/**
 * Folds links and updates into what is known of an object, whatever their order and however often each comes.
 * @returns the new state, the updates that it has no room for, and how many links were beyond what an object may have
 */
export function mergeObject(
  state: ObjectState,
  { updates, links }: { updates: readonly QueuedObjectUpdate[]; links: readonly QueuedLink[] },
): { state: ObjectState; full: QueuedObjectUpdate[]; beyond: number } {
  const { registers, firstArrivals } = state
  const folded = mergeWithinLimit({ ...emptyState(), registers, firstArrivals }, updates)
  const linked = { ...state.links }
  const arrivals = { ...folded.state.firstArrivals }
  let beyond = 0
  for (const link of links) {
    const known = linked[link.messageId]
    if (!known && !hasRoom(linked)) {
      beyond += 1
      continue
    }
    const { added, removed } = known ?? { added: [], removed: [] }
    const said = firstAssertion(arrivals, assertionOf(link))
    linked[link.messageId] = link.present
      ? { added: addAssertion(added, said), removed }
      : { added, removed: addAssertion(removed, said) }
  }
  const [latest] = updates.toSorted((one, other) => Date.parse(other.receivedAt) - Date.parse(one.receivedAt))
  const hold = latest?.hold ?? state.hold
  return {
    state: { ...state, hold, links: linked, registers: folded.state.registers, firstArrivals: arrivals },
    full: folded.full,
    beyond,
  }
}

/**
 * What the chat messages of an object are to be told: everything that is kept, each time, for a crash may lie between two
 * deliveries, and a write that lost here may win there. A link that is gone stops what happened after it went.
 */
export function forwardedUpdates({ links, registers }: ObjectState): QueuedUpdate[] {
  const writes = Object.values(registers).flatMap((register) => register.writes)
  return Object.entries(links).flatMap(([messageId, link]) => {
    if (link.added.length === 0) return []
    const end = endOf(link)
    return writes
      .filter(({ time }) => time <= end)
      .map(
        ({ eventId, source, occurredAt, receivedAt, position, actor, change }): QueuedUpdate => ({
          messageId,
          eventId,
          source,
          ...(occurredAt !== undefined && { occurredAt: new Date(occurredAt).toISOString() }),
          receivedAt: new Date(receivedAt).toISOString(),
          position,
          ...(actor !== undefined && { actor }),
          change,
        }),
      )
  })
}

/** Until when (epoch ms) what happens to an object is of the chat message that a link names. */
export function endOf(link: LinkState): number {
  return isPresent(link) ? Number.POSITIVE_INFINITY : (link.removed[0]?.time ?? 0)
}

/** The chat messages that an object is linked to. */
export function linkedTo({ links }: ObjectState): string[] {
  return Object.keys(links).filter((messageId) => isPresent(links[messageId] as LinkState))
}

/**
 * What is known of an object without a chat message that is to be forgotten. Its wishes are that one's alone where it is
 * linked to no other: they go with it, but for those that came after the link had gone, and wait for another.
 */
export function withoutMessage(state: ObjectState, messageId: string): ObjectState {
  const { [messageId]: link, ...links } = state.links
  if (!link) return state
  const without = { ...state, links }
  if (linkedTo(without).length > 0) return without
  const end = endOf(link)
  const registers = Object.entries(state.registers).flatMap(([key, register]) => {
    const writes = register.writes.filter(({ time }) => time > end)
    return writes.length > 0 ? [[key, { ...register, writes }] as const] : []
  })
  return { ...without, registers: Object.fromEntries(registers) }
}

/** Forgets what has waited for longer than it may, and links that went long ago. @param now epoch ms */
export function pruneObject(state: ObjectState, now: number): ObjectState {
  const { hold } = state
  const recent = ({ receivedAt }: { receivedAt: number }) => receivedAt > now - hold
  const registers = Object.entries(state.registers).flatMap(([key, register]) => {
    const writes = register.writes.filter(recent)
    return writes.length > 0 ? [[key, { ...register, writes }] as const] : []
  })
  const links = Object.entries(state.links).filter(
    ([, link]) => isPresent(link) || (link.removed[0]?.receivedAt ?? 0) > now - Math.max(hold, remembered),
  )
  const firstArrivals = Object.entries(state.firstArrivals)
    .filter(([, [at]]) => at > now - remembered)
    .sort(([, [a]], [, [b]]) => b - a)
    .slice(0, firstArrivalsKept)
  const isNeeded = registers.length + links.length > 0
  return {
    ...state,
    registers: Object.fromEntries(registers),
    links: Object.fromEntries(links),
    firstArrivals: Object.fromEntries(isNeeded ? firstArrivals : []),
  }
}

/**
 * An object's record as it is saved: since when it is linked, or until when it is kept (epoch ms).
 * @returns undefined where nothing is left to know
 */
export function toObjectRecord(state: ObjectState): SavedState | undefined {
  const { links, registers, firstArrivals, hold } = state
  const said = Object.values(links).flatMap(({ added, removed }) => [...added, ...removed])
  const writes = Object.values(registers).flatMap((register) => register.writes)
  const ends = [
    ...writes.map(({ receivedAt }) => receivedAt + hold),
    ...said.map(({ receivedAt }) => receivedAt + Math.max(hold, remembered)),
    ...Object.values(firstArrivals).map(([at]) => at + remembered),
  ]
  if (ends.length === 0) return undefined
  const isLinked = linkedTo(state).length > 0
  const since = Math.min(...said.map(({ receivedAt }) => receivedAt))
  return { body: JSON.stringify(state), ...(isLinked ? { linkedAt: since } : { expiresAt: Math.max(...ends) }) }
}

/** Reads an object's record as it was saved. */
export function readObject(body: string): { state: ObjectState } | { unreadable: 'newer' | 'damaged' } {
  try {
    const record: unknown = JSON.parse(body)
    const parsed = ObjectState.safeParse(record)
    if (parsed.success) return { state: parsed.data }
    const { format } = z.looseObject({ format: z.int() }).parse(record)
    return { unreadable: format > 1 ? 'newer' : 'damaged' }
  } catch {
    return { unreadable: 'damaged' }
  }
}

/** Whether the newest that was said is that there is a link. */
function isPresent({ added, removed }: LinkState): boolean {
  const [newest, against] = [added[0], removed[0]]
  return newest !== undefined && (against === undefined || newestFirst(newest, against) < 0)
}

/** Makes room by forgetting a link that went, if there is one. */
function hasRoom(links: Record<string, LinkState>): boolean {
  const ids = Object.keys(links)
  if (ids.length < linksKept) return true
  const gone = ids.find((id) => !isPresent(links[id] as LinkState))
  if (gone === undefined) return false
  delete links[gone]
  return true
}

function assertionOf({ source, object, messageId, present, eventId, position, ...link }: QueuedLink): LinkAssertion {
  const occurredAt = link.occurredAt === undefined ? undefined : Date.parse(link.occurredAt)
  const receivedAt = Date.parse(link.receivedAt)
  const told = [source, object, messageId, present, eventId, occurredAt ?? null]
  return {
    identity: hash('sha256', JSON.stringify(told), 'base64url').slice(0, 22),
    time: Math.min(occurredAt ?? receivedAt, receivedAt),
    ...(occurredAt !== undefined && { occurredAt }),
    receivedAt,
    position,
  }
}

/** What was said as it first came, which is remembered where its time hangs on that. */
function firstAssertion(arrivals: Record<string, [number, number]>, said: LinkAssertion): LinkAssertion {
  const known = arrivals[said.identity]
  const isEarlier = known && (known[0] - said.receivedAt || known[1] - said.position) < 0
  const [receivedAt, position] = isEarlier ? known : [said.receivedAt, said.position]
  if (said.occurredAt === undefined || said.occurredAt > said.receivedAt)
    arrivals[said.identity] = [receivedAt, position]
  return { ...said, receivedAt, position, time: Math.min(said.occurredAt ?? receivedAt, receivedAt) }
}

/** What was said of a link with one thing more: of two arrivals of one the first, the newest in front. */
function addAssertion(all: readonly LinkAssertion[], said: LinkAssertion): LinkAssertion[] {
  const known = all.find(({ identity }) => identity === said.identity)
  const isLater = known && (known.receivedAt - said.receivedAt || known.position - said.position) <= 0
  const others = all.filter((other) => other !== known)
  return [...others, isLater ? known : said].sort(newestFirst).slice(0, assertionsKept)
}

function newestFirst(one: LinkAssertion, other: LinkAssertion): number {
  return (
    other.time - one.time ||
    other.receivedAt - one.receivedAt ||
    other.position - one.position ||
    (one.identity < other.identity ? 1 : -1)
  )
}
