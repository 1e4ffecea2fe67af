import { dueRegisters, type MessageState, type ParkedWrite, parkedWrites, type Write } from './message-state.ts'

/** What became due later than this after it was accepted waited for a link, for an operator, or unread in the queue; ms. */
const longWait = 3600_000

/** What came of the wishes that were due: fulfilled ones with the time since when they were to be, and those set aside. */
export type AttemptEffects = { fulfilled: (Write & { since: number })[]; parked: ParkedWrite[] }

/**
 * Compares a state with what an attempt made of it. Times are epoch ms.
 * @param now when what became due with this attempt did
 */
export function attemptEffects(before: MessageState, after: MessageState, now: number): AttemptEffects {
  const fulfilled = dueRegisters(before).flatMap(({ key, write, register: { dueSince = now } }) => {
    if (after.registers[key]?.shown !== write.identity) return []
    const since = dueSince - write.receivedAt > longWait ? dueSince : write.receivedAt
    return [{ ...write, since }]
  })
  const known = new Set(parkedWrites(before).map(({ identity }) => identity))
  return { fulfilled, parked: parkedWrites(after).filter(({ identity }) => !known.has(identity)) }
}
