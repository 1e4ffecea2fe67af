import { readState } from '../../functions/state/message/message-state.ts'
import {
  endOf,
  linkedTo,
  type ObjectState,
  objectKeys,
  pruneObject,
  readObject,
  toObjectRecord,
  withoutMessage,
} from '../../functions/state/object/object-state.ts'
import type { QueueMessage } from '../../functions/state/queue-message.ts'
import { whyUnreadable } from '../links/linked-objects.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { deadLetterId } from '../parked/selection.ts'
import { walkDeadLetters } from '../parked/walk-dead-letters.ts'
import { type ErasureTarget, splitForErasure } from './split-queue-message.ts'

/** One place where the bridge stores something of a chat message. `since`: epoch ms. */
export type StoredData = {
  /** `record`, the object's source and name, a dead letter's id, or `queue`. */
  where: string
  /** The key of an object's record. */
  key?: string
  since?: number | undefined
  /** The kinds of changes. */
  holds: string
  /** True where it stays without this chat message's part, because it belongs to others too. */
  stays: boolean
  /** The stored data itself. */
  contents: unknown
}

/** What could not be erased or not be read, and why. */
export type NotErased = { where: string; why: string }

export type Found = { kept: StoredData[]; left: NotErased[]; target: ErasureTarget }

/**
 * Finds everything that a bridge stores of a chat message, and changes nothing. It reads every object's record.
 */
export async function findStoredData(
  { states, deadLetters, queued }: Pick<BridgeAccess, 'states' | 'deadLetters' | 'queued'>,
  messageId: string,
): Promise<Found> {
  const kept: StoredData[] = []
  const left: NotErased[] = []
  const stored = await states.load(messageId)
  if (stored) kept.push(keptRecord(stored.body))

  const alone = new Map<string, number>()
  const shared = new Set<string>()
  for await (const page of states.beginningWith(objectKeys)) {
    for (const { key, body } of page) {
      const read = readObject(body)
      if ('unreadable' in read) {
        if (mayName(body, messageId)) left.push({ where: key, why: whyUnreadable[read.unreadable] })
        continue
      }
      const link = read.state.links[messageId]
      if (!link) continue
      if (linkedTo(withoutMessage(read.state, messageId)).length > 0) shared.add(key)
      else alone.set(key, endOf(link))
      kept.push(keptObject(key, read.state, messageId))
    }
  }

  const target = { messageId, alone, shared }
  await walkDeadLetters(deadLetters, async ({ id, body, sentAt, reason }) => {
    const where = deadLetterId(id)
    if (isDamagedState(reason, messageId)) {
      kept.push({ where, since: sentAt, holds: 'a damaged record', stays: false, contents: body })
      return
    }
    const part = splitForErasure(body, target)
    if (!part) return
    if ('unreadable' in part) {
      if (mayName(body, messageId)) left.push({ where, why: mayBe(messageId, part.unreadable) })
    } else kept.push(keptMessage(where, sentAt, part))
  })
  for (const page of queued?.waiting() ?? []) {
    for (const { body, sentAt } of page) {
      const part = splitForErasure(body, target)
      if (part && 'about' in part) kept.push(keptMessage('queue', sentAt, part))
    }
  }
  return { kept, left, target }
}

/** Tells whether a dead letter is this chat message's record that deliver could not read. */
export function isDamagedState(reason: string | undefined, messageId: string): boolean {
  return reason === `a damaged state of chat message ${messageId}`
}

function keptRecord(body: string): StoredData {
  const read = readState(body)
  if ('unreadable' in read) {
    return { where: 'record', holds: whyUnreadable[read.unreadable], stays: false, contents: body }
  }
  const writes = Object.values(read.state.registers).flatMap((register) => register.writes)
  return {
    where: 'record',
    since: earliest(writes.map(({ receivedAt }) => receivedAt)),
    holds: kinds(writes),
    stays: false,
    contents: read.state,
  }
}

function keptObject(key: string, state: ObjectState, messageId: string): StoredData {
  const after = withoutMessage(state, messageId)
  const link = state.links[messageId]
  const writes = Object.values(state.registers).flatMap((register) => register.writes)
  return {
    where: `${state.source} ${state.object}`,
    key,
    since: earliest([...(link?.added ?? []), ...(link?.removed ?? [])].map(({ receivedAt }) => receivedAt)),
    holds: ['link', kinds(writes)].filter(Boolean).join(', '),
    stays: toObjectRecord(pruneObject(after, Date.now())) !== undefined,
    contents: { source: state.source, object: state.object, link, writes },
  }
}

function keptMessage(where: string, since: number, part: { about: QueueMessage; rest?: string }): StoredData {
  const { about } = part
  const asked = about.kind === 'attempt' ? [] : [...about.updates, ...about.objectUpdates]
  const links = about.kind === 'attempt' ? ['attempt'] : about.links.map(() => 'link').slice(0, 1)
  const lookUps = about.kind === 'updates' && about.lookUps ? ['look-up'] : []
  return {
    where,
    since,
    holds: [...links, ...lookUps, kinds(asked)].filter(Boolean).join(', '),
    stays: part.rest !== undefined,
    contents: about,
  }
}

/** Tells whether an unreadable body may be about the chat message: ids are written as JSON. */
function mayName(body: string, messageId: string): boolean {
  return body.includes(JSON.stringify(messageId))
}

function mayBe(messageId: string, why: string): string {
  return `it may be about chat message ${messageId}, and cannot be read (${why}): look at it with npx chatroom-bridge parked show, and drop it`
}

function kinds(asked: readonly { change: { kind: string } }[]): string {
  return [...new Set(asked.map(({ change }) => change.kind))].join(', ')
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times)
}
