import type { SimulatedMessage } from '../../local/simulated-erp/server.ts'
import { type Random, seeded } from '../support/random.ts'

/** What the ERP of the story refuses for good, whatever else a PUT carries. */
export const refusedEmoji = '🚫'
export const refusedText = '✗'
/** What stands in webhooks that must be refused, and must never reach the ERP. */
export const forbidden = 'must never arrive'

/** An event as its sender says it. */
export type SentEvent = {
  id: string
  type: string
  /** The chat message, which goes with it or which its object is linked to. */
  messageId: string
  /** Sent instead of the chat message. */
  object?: string
  occurredAt?: string
  actor?: string
  emoji?: string
  text?: string
  attachment?: { filename: string }
}

/** An event of the story, with what the oracle knows of it. */
export type Told = {
  event: SentEvent
  /** Events of one register overrule each other. */
  register: string
  /** The greater of two in one register is the newer. */
  rank: number
  /** Whether that stands in the event, and is not the order in which they first arrived. */
  isTimed: boolean
  /** Whether the ERP refuses what it asks for. */
  isRefusable: boolean
}

/** One webhook request: events or a link that must be accepted, or something that must be refused with this status. */
export type Send =
  | { kind: 'events'; told: number[]; inPath: boolean }
  | { kind: 'link'; body: string }
  | { kind: 'bad'; status: number; body: string }

/** Something that happens once so many requests were answered. */
type Timed<T> = T & { after: number }

export type Story = {
  seed: number
  /** What the ERP has at first. */
  messages: SimulatedMessage[]
  told: Told[]
  /** Chains of requests: those of a chain one after the other, the chains side by side and in any order. */
  phases: [Send[][], Send[][]]
  kills: Timed<{ victim: 'worker' | 'front door'; index: number }>[]
  outage: Timed<{ ms: number }>
  /** What people do in the ERP while events come, where no event of the story has anything to say. */
  edits: Timed<{ messageId: string; edit: 'text' | 'reaction'; number: number }>[]
}

const emojis = ['👍', '👍🏽', '❤️', '🎉', '👀', '🙏', refusedEmoji]
const actors = ['anna', 'ben', 'cem', 'dora', undefined]
const files = ['plan.pdf', 'photo.jpg', 'list.csv']
const day = 24 * 3600_000

/** How a chat message of the story is meant: which registers events write to. */
type Cast = { id: string; isMissing: boolean; hasText: boolean; hasLists: boolean; object: string | undefined }

/**
 * Tells a story of `count` events: the same for the same seed.
 * @param start epoch ms; what has a time of its own happened before
 */
export function tell({ seed, count, start }: { seed: number; count: number; start: number }): Story {
  const random = seeded(seed)
  const cast = castOf(random, count)
  // What is out for long is tried again late, and a short story should end soon.
  const isShort = count < 1_000
  const museum = Math.min(250, Math.floor(count / 12))
  const told = [...toldOf(random, cast, { count: count - museum, start }), ...museumOf({ count: museum, start })]
  const phases = phasesOf(random, told, cast)
  const requests = phases.flat(2).length
  const anytime = <T extends object>(make: () => T) => ({ ...make(), after: random.between(1, requests - 1) })
  const times = <T>(length: number, make: (index: number) => T) => Array.from({ length }, (_, index) => make(index))
  const quiet = cast.filter(({ isMissing, hasText, hasLists }) => !isMissing && !(hasText && hasLists))
  return {
    seed,
    messages: cast.filter(({ isMissing }) => !isMissing).map(({ id }) => messageOf(random, id)),
    told,
    phases,
    kills: [
      ...times(Math.max(2, Math.round(count / 200)), () =>
        anytime(() => ({ victim: 'worker' as const, index: random.between(0, 99) })),
      ),
      ...times(Math.max(1, Math.round(count / 1_000)), () =>
        anytime(() => ({ victim: 'front door' as const, index: 0 })),
      ),
    ],
    outage: {
      after: Math.round(requests * (0.2 + 0.3 * random.next())),
      ms: isShort ? random.between(400, 800) : random.between(1_500, 3_000),
    },
    edits: times(Math.round(count / 25), (number) =>
      anytime(() => {
        const { id, hasText } = random.pick(quiet)
        return { messageId: id, edit: hasText ? ('reaction' as const) : ('text' as const), number }
      }),
    ),
  }
}

/** The chat messages: a few much busier than others, and some that the ERP does not have. */
function castOf(random: Random, count: number): Cast[] {
  const ids = Array.from({ length: Math.max(12, Math.round(count / 15)) }, (_, index) => String(index + 1))
  return ids.map((id, index) => ({
    id,
    isMissing: index > 3 && random.chance(0.05),
    hasText: index === 0 || (index > 1 && random.chance(0.6)),
    hasLists: index < 2 || random.chance(0.9),
    // The first one's past is too long for the record of an object.
    object: index > 0 && random.chance(0.4) ? `object of ${id}` : undefined,
  }))
}

function messageOf(random: Random, id: string): SimulatedMessage {
  const number = Number(id)
  return {
    id: number,
    message_text: `text ${id} of the ERP`,
    completed: random.chance(0.3),
    reactions: random.chance(0.3) ? [{ id: 10 * number, emoji: random.pick(['👍', '🎉', '🏡']) }] : [],
    attachments: random.chance(0.2) ? [{ id: 10 * number + 1, filename: random.pick(['photo.jpg', 'own.pdf']) }] : [],
  }
}

function toldOf(random: Random, cast: Cast[], { count, start }: { count: number; start: number }): Told[] {
  const busy = cast.slice(0, Math.max(2, Math.round(cast.length / 10)))
  const missing = new Set(cast.filter(({ isMissing }) => isMissing).map(({ id }) => id))
  const isTimed = new Map<string, boolean>()
  const refusedTexts = new Map<string, number>()
  // Every event with a time of its own has another one, so that the oracle needs no rule for a tie.
  const moments = random.shuffled(Array.from({ length: count }, (_, index) => start - 1_000 * (index + 1)))
  return moments.map((moment, index): Told => {
    const { id: messageId, hasText, hasLists, ...linked } = random.pick(random.chance(0.4) ? busy : cast)
    const object = random.chance(0.6) ? linked.object : undefined
    const what = whatOf(random, { hasText, hasLists }, index)
    const register = [messageId, what.register].join(' ')
    const timed = isTimed.get(register) ?? random.chance(0.75)
    isTimed.set(register, timed)
    let isRefusable = what.event.type === 'reaction.added' && what.event.emoji === refusedEmoji
    const refused = refusedTexts.get(register) ?? 0
    if (what.event.text !== undefined && refused < 3 && random.chance(0.1)) {
      refusedTexts.set(register, refused + 1)
      what.event.text = `${refusedText} ${what.event.text}`
      isRefusable = true
    }
    // Ids that a sender uses again for something else must swallow nothing.
    const id = index > 0 && timed && random.chance(0.02) ? `e${random.between(0, index - 1)}` : `e${index}`
    const isAhead = !timed && random.chance(0.3)
    const occurredAt = timed ? moment : isAhead ? start + 300 * day : undefined
    return {
      event: {
        id,
        messageId,
        ...what.event,
        ...(object !== undefined && { object }),
        ...(occurredAt && { occurredAt: new Date(occurredAt).toISOString() }),
      },
      register,
      // What has no time, or one in the future, has that of its arrival: all of those are after the start.
      rank: timed ? moment : start + index,
      isTimed: timed,
      isRefusable: isRefusable || missing.has(messageId),
    }
  })
}

type Said = { register: string; event: Omit<SentEvent, 'id' | 'messageId'> }

/** What an event says, by what its chat message has events about. */
function whatOf(random: Random, { hasText, hasLists }: Pick<Cast, 'hasText' | 'hasLists'>, index: number): Said {
  const draw = random.next()
  if (hasLists && draw < 0.45) {
    const [emoji, actor] = [random.pick(emojis), random.pick(actors)]
    const type = random.chance(0.65) ? 'reaction.added' : 'reaction.removed'
    return { register: `reaction ${emoji} ${actor}`, event: { type, emoji, ...(actor !== undefined && { actor }) } }
  }
  if (hasLists && draw < 0.55) {
    const filename = random.pick(files)
    const type = random.chance(0.65) ? 'attachment.added' : 'attachment.removed'
    return { register: `attachment ${filename}`, event: { type, attachment: { filename } } }
  }
  if (hasText && draw < 0.7) return { register: 'text', event: { type: 'text.edited', text: `text ${index}` } }
  return { register: 'completed', event: { type: random.chance(0.5) ? 'task.done' : 'task.reopened' } }
}

/**
 * One chat message with a long past: so many old removals that its record forgets some of them behind its floor, and then
 * even older events of the same registers, which must not come back as new ones.
 */
function museumOf({ count, start }: { count: number; start: number }): Told[] {
  return Array.from({ length: count }, (_, index): Told => {
    const isOlder = index % 5 === 4
    const visitor = isOlder ? index - 4 : index
    const actor = `visitor ${visitor} ${'x'.repeat(230)}`
    const moment = start - (isOlder ? 90 : 30) * day - index
    return {
      event: {
        id: `museum ${index} ${'y'.repeat(230)}`,
        type: isOlder ? 'reaction.added' : 'reaction.removed',
        messageId: '1',
        emoji: '🏛️',
        actor,
        occurredAt: new Date(moment).toISOString(),
      },
      register: `1 museum ${visitor}`,
      rank: moment,
      isTimed: true,
      isRefusable: false,
    }
  })
}

/** How the events are sent: shuffled, together, twice, late; with links before and after them, and what must be refused in between. */
function phasesOf(random: Random, told: Told[], cast: Cast[]): [Send[][], Send[][]] {
  const newest = new Map<string, number>()
  for (const { register, rank, isRefusable } of told) {
    if (!isRefusable) newest.set(register, Math.max(rank, newest.get(register) ?? 0))
  }
  const first: Send[][] = []
  const second: Send[][] = []
  const sequences = new Map<string, Send[]>()
  const single = (index: number): Send => ({ kind: 'events', told: [index], inPath: random.chance(0.2) })
  const together: number[] = []
  for (const [index, { event, register, rank, isTimed, isRefusable }] of told.entries()) {
    const isOutdated = rank < (newest.get(register) ?? rank)
    const lateness = event.id.startsWith('museum') ? 1 : isRefusable ? 0 : 0.15
    if (!isTimed) {
      // What has the time of its arrival must arrive in the order that the oracle knows; its repeats, any time after it.
      const sequence = sequences.get(register) ?? []
      sequences.set(register, sequence)
      const again = sequence.length > 0 && random.chance(0.15) ? [random.pick(sequence)] : []
      sequence.push(single(index), ...again)
    } else if (isOutdated && random.chance(lateness)) {
      second.push([single(index)])
    } else if (random.chance(0.15)) {
      together.push(index)
      if (together.length >= 4) first.push([{ kind: 'events', told: together.splice(0), inPath: false }])
    } else {
      first.push([single(index)])
    }
    if (isTimed && random.chance(0.12)) first.push([single(index)])
    if (random.chance(0.1)) second.push([single(index)])
  }
  if (together.length > 0) first.push([{ kind: 'events', told: together, inPath: false }])
  first.push(...sequences.values())
  for (const { id, object } of cast) {
    if (object === undefined) continue
    const link: Send = {
      kind: 'link',
      body: JSON.stringify({ id: `link ${id}`, type: 'link.added', object, messageId: id }),
    }
    first.push([link], ...(random.chance(0.3) ? [[link]] : []))
    if (random.chance(0.1)) second.push([link])
  }
  for (let index = 0; index < told.length / 100; index += 1) first.push([bad(random)])
  return [random.shuffled(first), random.shuffled(second)]
}

/** A webhook that must be refused as a whole. */
function bad(random: Random): Send {
  const good = { type: 'text.edited', messageId: '1', text: forbidden }
  return random.pick<Send>([
    { kind: 'bad', status: 422, body: JSON.stringify([good, { ...good, type: 'text.eddited' }]) },
    { kind: 'bad', status: 422, body: JSON.stringify({ ...good, messageId: 'one/two' }) },
    { kind: 'bad', status: 400, body: `${JSON.stringify(good)}}` },
    { kind: 'bad', status: 401, body: JSON.stringify(good) },
  ])
}
