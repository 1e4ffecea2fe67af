import type { MessageStates } from '../../functions/ports/ports.ts'
import { readState, type Write, winningWrite } from '../../functions/state/message/message-state.ts'
import { linkedTo, readObject } from '../../functions/state/object/object-state.ts'
import { writeId } from '../parked/selection.ts'
import { isoTime } from '../time.ts'

/** What became of an event at a chat message or an object. `next`: the subcommand to run next. */
export type EventStatus = {
  of: string
  state: 'fulfilled' | 'due' | 'superseded' | 'parked' | 'dropped' | 'held' | 'passed on' | 'gone' | 'unreadable'
  why?: string | undefined
  next?: string | undefined
}

type Event = { eventId: string; source: string | undefined }

/** Reads what became of an event from a chat message's record. */
export async function statusInMessage(states: MessageStates, messageId: string, event: Event): Promise<EventStatus[]> {
  const of = `chat message ${messageId}`
  const stored = await states.load(messageId)
  const read = stored && readState(stored.body)
  if (!read) return [{ of, state: 'gone', why: 'nothing is recorded of it' }]
  if ('unreadable' in read) return [{ of, state: 'unreadable', why: `its record is ${read.unreadable}` }]
  const { registers, nextAttemptAt, scheduledAt } = read.state
  const found = Object.values(registers).flatMap((register): EventStatus[] =>
    register.writes.filter(isOf(event)).map((write) => {
      const first = winningWrite(register)
      if (write.parked?.reason === 'dropped') return { of, state: 'dropped', why: 'an operator dropped it' }
      if (write.parked) {
        const { reason, status } = write.parked
        const next = `parked show ${writeId(messageId, write.identity)}`
        return { of, state: 'parked', why: [reason, status].join(' ').trim(), next }
      }
      if (register.shown === write.identity) return { of, state: 'fulfilled', why: 'the ERP shows it' }
      if (first !== write) return { of, state: 'superseded', why: `by ${first?.source} ${first?.eventId}` }
      const at = isoTime(nextAttemptAt ?? scheduledAt)
      return { of, state: 'due', why: at === undefined ? 'an attempt is under way' : `the next attempt is at ${at}` }
    }),
  )
  return found.length > 0
    ? found
    : [
        {
          of,
          state: 'gone',
          why: 'newer events have pushed it out of the record, or the answer to its look-up stands there instead',
        },
      ]
}

/** Reads what became of an event from an object's record. @param key of the record */
export async function statusAtObject(states: MessageStates, key: string, event: Event): Promise<EventStatus[]> {
  const stored = await states.load(key)
  const read = stored && readObject(stored.body)
  if (!read) return [{ of: 'its object', state: 'gone', why: 'nothing is recorded of it any more' }]
  if ('unreadable' in read) return [{ of: 'its object', state: 'unreadable', why: `its record is ${read.unreadable}` }]
  const { source, object, hold } = read.state
  const of = `${source} ${object}`
  const writes = Object.values(read.state.registers).flatMap((register) => register.writes.filter(isOf(event)))
  const linked = linkedTo(read.state)
  if (linked.length > 0) return [{ of, state: 'passed on', why: `it is linked to ${linked.join(', ')}` }]
  return writes.map(({ receivedAt }) => ({
    of,
    state: 'held',
    why: `it is linked to no chat message, and held until ${isoTime(receivedAt + hold)}`,
    next: `links add ${source} ${object} MESSAGE`,
  }))
}

function isOf({ eventId, source }: Event): (write: Write) => boolean {
  return (write) => write.eventId === eventId && (source === undefined || write.source === source)
}
