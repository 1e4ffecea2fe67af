import type { Change } from '../../functions/state/changes.ts'
import {
  linkedTo,
  type ObjectState,
  objectKey,
  pruneObject,
  readObject,
} from '../../functions/state/object/object-state.ts'
import { type ExitCode, exitCodes } from '../cli/exit-codes.ts'
import { details, escapeControl, isoTime, json, table } from '../cli/output.ts'
import type { Terminal } from '../cli/terminal.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { whyUnreadable } from './linked-objects.ts'

/** Shows what an object is linked to, and what of it is held. */
export async function showObject(
  { states, sources }: Pick<BridgeAccess, 'states' | 'sources'>,
  { source, object }: { source: string | undefined; object: string },
  { asJson, terminal }: { asJson: boolean; terminal: Terminal },
): Promise<ExitCode> {
  const asked = source === undefined ? [...sources.keys()] : [source]
  const found: Found[] = []
  for (const source of asked) {
    const stored = await states.load(objectKey({ source, object }))
    if (stored) found.push(...foundIn(stored.body, { source, object }))
  }
  const [only, ...others] = found
  if (!only || others.length > 0) {
    const names = found.map((one) => one.source).join(', ')
    const why = only
      ? `it is an object of ${names}: say which, before it`
      : `nothing is known of it (${asked.join(', ')})`
    terminal.stderr.write(`${escapeControl(object)}: ${why}\n`)
    return exitCodes.failed
  }
  if (asJson) terminal.print(json([only]))
  else terminal.print(inWords(only))
  if (!('why' in only)) return exitCodes.done
  terminal.stderr.write(`${escapeControl(object)}: ${only.why}\n`)
  return exitCodes.failed
}

type Found = { source: string; object: string } & (ReturnType<typeof toldOf> | { why: string; body: string })

/** None where all that was known has waited for as long as it may. */
function foundIn(body: string, name: { source: string; object: string }): Found[] {
  const read = readObject(body)
  if ('unreadable' in read) return [{ ...name, why: whyUnreadable[read.unreadable], body }]
  const told = toldOf(pruneObject(read.state, Date.now()))
  return told.links.length + told.held.length > 0 ? [{ ...name, ...told }] : []
}

function toldOf(state: ObjectState) {
  const linked = linkedTo(state)
  const links = Object.entries(state.links).map(([messageId, { added, removed }]) => ({
    messageId,
    linked: linked.includes(messageId),
    added: isoTime(added[0]?.time),
    removed: isoTime(removed[0]?.time),
  }))
  const writes = Object.values(state.registers).flatMap((register) => register.writes)
  const held = writes
    .toSorted((one, other) => one.time - other.time)
    .map(({ eventId, actor, time, receivedAt, change }) => ({
      eventId,
      actor,
      at: isoTime(time),
      until: isoTime(receivedAt + state.hold),
      change,
    }))
  return { links, held }
}

function inWords({ source, object, ...told }: Found): string {
  const name = `${source} ${object}`
  if ('why' in told) return details(name, { body: told.body })
  const { links, held } = told
  return [
    escapeControl(name),
    links.length === 0
      ? '\nIt is not linked to a chat message.'
      : `\n${table(
          ['CHAT MESSAGE', 'LINKED', 'ADDED', 'REMOVED'],
          links.map(({ messageId, linked, added, removed }) => [messageId, linked ? 'yes' : 'no', added, removed]),
        )}`,
    held.length === 0
      ? '\nNothing of it is held.'
      : `\n${table(
          ['EVENT', 'ACTOR', 'HAPPENED', 'ASKS FOR', 'HELD UNTIL'],
          held.map(({ eventId, actor, at, until, change }) => [eventId, actor, at, asks(change), until]),
        )}`,
  ].join('\n')
}

function asks(change: Change): string {
  switch (change.kind) {
    case 'completed':
      return `completed ${change.value}`
    case 'reaction':
      return `reaction ${change.emoji}${change.present ? '' : ' removed'}`
    case 'text':
      return `text ${change.text}`
    case 'attachment':
      return `attachment ${change.attachment.filename}${change.present ? '' : ' removed'}`
  }
}
