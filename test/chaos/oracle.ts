import { dueRegisters, type MessageState, readState, type Write } from '../../functions/state/message/message-state.ts'
import type { SimulatedMessage } from '../../local/simulated-erp/server.ts'
import type { SentEvent, Told } from './story.ts'

/** How many newer writes a register must have before it may have forgotten one. */
const kept = 8

/** What became of an accepted event. */
export type Fate = 'fulfilled' | 'superseded' | 'stale' | 'parked'

/** What people changed in the ERP when nothing was due, and what must be so at the end because of it. */
export type PeoplesWill = { completed?: boolean; text?: string; gone: string[]; added: string[] }

/** All that the oracle needs to know of one chat message. */
export type Case = {
  messageId: string
  /** Accepted events. */
  told: Told[]
  /** What the ERP had at first, with what people changed since where no event had a say; absent where it never had it. */
  before: SimulatedMessage | undefined
  will: PeoplesWill
  /** The record's body. */
  record: string | undefined
  /** What the ERP has now. */
  after: SimulatedMessage | undefined
  /** Whether a PUT that added this emoji or file may have got lost, so that the bridge does not know it for its own. */
  isDoubtful: (element: string) => boolean
}

export type Verdict = { fates: Record<Fate, number>; lost: string[]; wrong: string[]; orphans: number }

/** Judges one chat message by what was accepted and what the ERP refuses, in words of its own: it shares no code with the fold. */
export function judge({ messageId, told, before, will, record, after, isDoubtful }: Case): Verdict {
  const fates = { fulfilled: 0, superseded: 0, stale: 0, parked: 0 }
  const lost: string[] = []
  const wrong: string[] = []
  const say = (what: string) => wrong.push(`chat message ${messageId}: ${what}`)

  const read = record === undefined ? undefined : readState(record)
  const state = read && 'state' in read ? read.state : undefined
  if (told.length > 0 && !state) say('its record is missing or damaged')
  for (const { key } of state ? dueRegisters(state) : []) say(`${key} is still due`)
  const winners = winnersOf(told)
  for (const one of told) {
    const fate = fateOf(one, told, winners, state)
    if (fate === 'lost') lost.push(`chat message ${messageId}: ${describe(one)} is nowhere`)
    else if (fate in fates) fates[fate as Fate] += 1
    else say(`${describe(one)} is ${fate}`)
  }

  let orphans = 0
  if (before) {
    const expected = expectedOf(before, winners, will)
    if (!after) return { fates, lost, wrong: [...wrong, `chat message ${messageId} is gone from the ERP`], orphans }
    if (after.completed !== expected.completed) say(`completed is ${after.completed}`)
    if (after.message_text !== expected.text) say(`its text is ${after.message_text}, not ${expected.text}`)
    const elements = [
      ...after.reactions.map(({ emoji }) => emoji),
      ...after.attachments.map(({ filename }) => filename),
    ]
    for (const element of new Set([...elements, ...expected.elements])) {
      const [has, wants] = [elements, expected.elements].map((list) => list.filter((one) => one === element).length)
      if (has === wants) continue
      if (wants === 0 && has === 1 && !isOwned(state, element) && isDoubtful(element)) orphans += 1
      else say(`it has ${element} ${has} times, not ${wants}`)
    }
  } else if (after) {
    say('the ERP has it, where it should have none')
  }
  return { fates, lost, wrong, orphans }
}

/** The newest event of each register that the ERP takes. */
function winnersOf(told: readonly Told[]): Map<string, Told> {
  const winners = new Map<string, Told>()
  for (const one of told) {
    const known = winners.get(one.register)
    if (!one.isRefusable && (!known || one.rank > known.rank)) winners.set(one.register, one)
  }
  return winners
}

function fateOf(
  one: Told,
  told: readonly Told[],
  winners: ReadonlyMap<string, Told>,
  state: MessageState | undefined,
):
  | Fate
  | 'lost'
  | 'parked, which the ERP would take'
  | 'shown, which is not the newest'
  | 'overruled, which is the newest' {
  for (const { writes, shown } of Object.values(state?.registers ?? {})) {
    const write = writes.find((each) => isOf(each, one.event))
    if (!write) continue
    if (write.parked) return one.isRefusable ? 'parked' : 'parked, which the ERP would take'
    const isNewest = winners.get(one.register) === one
    if (write.identity === shown) return isNewest ? 'fulfilled' : 'shown, which is not the newest'
    return isNewest ? 'overruled, which is the newest' : 'superseded'
  }
  // Where arrival decides, a repeat that is delivered before what it repeats counts as newer until that comes.
  const before = told.filter(
    (other) => other !== one && other.register === one.register && (other.rank > one.rank || !one.isTimed),
  )
  if (before.length >= kept && winners.get(one.register) !== one) return 'superseded'
  const isForgotten = !told.some(
    (other) =>
      other.register === one.register &&
      Object.values(state?.registers ?? {}).some(({ writes }) => writes.some((each) => isOf(each, other.event))),
  )
  return isForgotten && state && one.rank <= state.floor ? 'stale' : 'lost'
}

/** Whether a write is this event: ids alone don't tell, for senders use them again. */
function isOf(
  { eventId, occurredAt, change }: Write,
  { id, type, emoji, text, attachment, ...event }: SentEvent,
): boolean {
  if (eventId !== id || (occurredAt ?? 0) !== (event.occurredAt ? Date.parse(event.occurredAt) : 0)) return false
  switch (change.kind) {
    case 'completed':
      return type === (change.value ? 'task.done' : 'task.reopened')
    case 'text':
      return text === change.text
    case 'reaction':
      return emoji === change.emoji && type === (change.present ? 'reaction.added' : 'reaction.removed')
    case 'attachment':
      return (
        attachment?.filename === change.attachment.filename &&
        type === (change.present ? 'attachment.added' : 'attachment.removed')
      )
  }
}

/** What the ERP must show: what it had, what the newest events say, and what people changed after that. */
function expectedOf(before: SimulatedMessage, winners: ReadonlyMap<string, Told>, will: PeoplesWill) {
  let { completed, message_text: text } = before
  const elements = new Set([
    ...before.reactions.map(({ emoji }) => emoji),
    ...before.attachments.map(({ filename }) => filename),
    ...will.added,
  ])
  for (const { event } of winners.values()) {
    if (event.type === 'task.done' || event.type === 'task.reopened') completed = event.type === 'task.done'
    if (event.text !== undefined) text = event.text
    const element = event.emoji ?? event.attachment?.filename
    if (element !== undefined && event.type.endsWith('.added')) elements.add(element)
  }
  for (const element of will.gone) elements.delete(element)
  return { completed: will.completed ?? completed, text: will.text ?? text, elements: [...elements] }
}

function isOwned(state: MessageState | undefined, element: string): boolean {
  return Object.keys(state?.own ?? {}).some((key) => key.endsWith(`:${element.replaceAll('\uFE0F', '')}`))
}

function describe({ event, register }: Told): string {
  return `${event.type} ${event.id.slice(0, 20)} of ${register.slice(0, 40)}`
}
