import { dueRegisters, type MessageState, type ParkedWish, parkedWishes, type Write } from './message-state.ts'

/** What became due later than this after it was accepted waited for a link, for an operator, or unread in the queue; ms. */
const longWait = 3600_000

/** What came of the wishes that were due: fulfilled ones with the time since when they were to be, and those set aside. */
export type CameOf = { fulfilled: (Write & { since: number })[]; parked: ParkedWish[] }

/**
 * Compares a state with what an attempt made of it. Times are epoch ms.
 * @param now when what became due with this attempt did
 */
export function cameOf(before: MessageState, after: MessageState, now: number): CameOf {
  const fulfilled = dueRegisters(before).flatMap(({ key, write, register: { dueSince = now } }) => {
    if (after.registers[key]?.shown !== write.identity) return []
    const since = dueSince - write.receivedAt > longWait ? dueSince : write.receivedAt
    return [{ ...write, since }]
  })
  const known = new Set(parkedWishes(before).map(({ identity }) => identity))
  return { fulfilled, parked: parkedWishes(after).filter(({ identity }) => !known.has(identity)) }
}
