import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { MessageStates } from '../../functions/ports/ports.ts'
import {
  linkedTo,
  linksKept,
  type ObjectState,
  objectKey,
  readObject,
} from '../../functions/state/object/object-state.ts'
import { encode, updatesMessage } from '../../functions/state/queue-message.ts'
import { type ExitCode, exitCodes } from '../cli/exit-codes.ts'
import { escapeControl } from '../cli/output.ts'
import type { Terminal } from '../cli/terminal.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import type { LinkRow } from './file.ts'

/** How long to wait for the bridge to apply it, and between two looks; ms. */
const patience = 5_000
const lookEvery = 100

/**
 * Says that an object is a chat message, or no longer is, in the way of every event: on the queue. So it is applied also
 * where the bridge doesn't run yet, and meets what is on its way.
 */
export async function changeLink(
  { states, queue, sources }: Pick<BridgeAccess, 'states' | 'queue' | 'sources'>,
  { present, ...link }: LinkRow & { present: boolean },
  { print, stderr }: Terminal,
): Promise<ExitCode> {
  const { source, object, messageId } = link
  if (!sources.has(source)) throw new Error(`there is no source ${source}: ${[...sources.keys()].join(', ')}`)
  const now = Date.now()
  const at = new Date(now).toISOString()
  const eventId = `cli:${randomUUID()}`
  const said = { ...link, present, eventId, occurredAt: at, receivedAt: at, position: 0 }
  await queue.send(encode(updatesMessage({ links: [said] })))

  const name = escapeControl(`${source} ${object}`)
  const isApplied = ({ links }: ObjectState) =>
    links[messageId]?.[present ? 'added' : 'removed'].some(({ occurredAt }) => occurredAt === now) === true
  const state = await lookUntil(states, link, isApplied)
  if (!state || !isApplied(state)) {
    if (state && !state.links[messageId] && linkedTo(state).length >= linksKept) {
      if (!present) print(`${name} was not linked to chat message ${messageId}.`)
      else stderr.write(`${name} has ${linksKept} links already: remove one first\n`)
      return present ? exitCodes.failed : exitCodes.done
    }
    const wanted = present ? 'linked to' : 'no longer linked to'
    print(`Queued: once the bridge runs and applies it, ${name} is ${wanted} chat message ${messageId}.`)
    return exitCodes.done
  }
  if (linkedTo(state).includes(messageId) !== present) {
    const newer = present ? 'no longer there' : 'there'
    stderr.write(`${name}: something newer says that its link to chat message ${messageId} is ${newer}\n`)
    return exitCodes.failed
  }
  const wasThere = present || state.links[messageId]?.added.length !== 0
  const is = present ? 'is' : wasThere ? 'is no longer' : 'was not'
  print(`${name} ${is} linked to chat message ${messageId}.`)
  return exitCodes.done
}

/** Looks at an object's record until it is as wanted, or patience ends. @returns what was seen last */
async function lookUntil(
  states: Pick<MessageStates, 'load'>,
  object: LinkRow,
  isWanted: (state: ObjectState) => boolean,
): Promise<ObjectState | undefined> {
  for (const end = Date.now() + patience; ; await wait(lookEvery)) {
    const stored = await states.load(objectKey(object))
    const read = stored && readObject(stored.body)
    const state = read && 'state' in read ? read.state : undefined
    if ((state && isWanted(state)) || Date.now() > end) return state
  }
}
