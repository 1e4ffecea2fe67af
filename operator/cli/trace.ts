import { parseArgs } from 'node:util'
import { type BridgeAccess, homeOptions, type OpenBridge } from '../open/bridge.ts'
import { parseSince } from '../parked/selection.ts'
import type { LogLine } from '../trace/log-lines.ts'
import { type EventStatus, statusAtObject, statusInMessage } from '../trace/standing.ts'
import { list, storyOf } from '../trace/story.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { escapeControl, isoTime, json } from './output.ts'
import type { Terminal } from './terminal.ts'

const traceUsage = `npm run trace -- EVENT [options]

Tells what happened to an event: when it was received, which chat messages it was folded into or at which object it waits, each
attempt, and how it stands now.

  EVENT                 the event's id, as the answer to its webhook says it
  --source NAME         only what this source sent
  --since TIME          how far back to look in the log (7d), such as 30m, 2h or 2026-11-22T19:00:00Z
  --json                for scripts
  --stack NAME          of a bridge on AWS (--region eu-central-1), where a line can be found after some seconds

It ends with 0 when the log tells of it, 1 when it does not, and 2 when the arguments make no sense.`

/** Tells what happened to an event. */
export async function traceCommand(args: string[], open: OpenBridge, terminal: Terminal): Promise<ExitCode> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...homeOptions,
      source: { type: 'string' },
      since: { type: 'string', default: '7d' },
      json: { type: 'boolean', default: false },
    },
  })
  const [eventId, ...more] = positionals
  if (!eventId || more.length > 0) throw new UsageError(`which event? ${traceUsage}`)
  const since = parseSince(values.since, Date.now())
  const home = await open(values)
  try {
    const told = await trace(home, { eventId, source: values.source, since })
    if (told.lines.length === 0) {
      const where = values.source === undefined ? '' : ` of ${values.source}`
      terminal.stderr.write(
        `${escapeControl(eventId)}: the log since ${isoTime(since)} holds no event${where} of this id: it did not come, or before that (--since)\n`,
      )
      return exitCodes.failed
    }
    const { lines, standings } = told
    if (values.json) {
      terminal.print(
        json({ event: eventId, story: lines.map(({ at, ...line }) => ({ at: isoTime(at), ...line })), standings }),
      )
      return exitCodes.done
    }
    const on = values.stack === undefined ? '' : ` --stack ${values.stack}`
    terminal.print([...lines.map((line) => `${isoTime(line.at)}  ${inWords(line, eventId)}`), ''].join('\n'))
    for (const standing of standings) terminal.print(standingInWords(standing, on))
    return exitCodes.done
  } finally {
    home.close()
  }
}

async function trace(
  { log, states }: Pick<BridgeAccess, 'log' | 'states'>,
  event: { eventId: string; source: string | undefined; since: number },
): Promise<{ lines: LogLine[]; standings: EventStatus[] }> {
  const { lines, messageIds, objects } = await storyOf(log, event)
  const standings: EventStatus[] = []
  for (const key of objects) standings.push(...(await statusAtObject(states, key, event)))
  for (const messageId of messageIds) standings.push(...(await statusInMessage(states, messageId, event)))
  return { lines, standings }
}

/** A line of the log for a person. */
function inWords(line: LogLine, eventId: string): string {
  const field = (name: string) => escapeControl(String(line[name] ?? ''))
  const next = line['next'] === undefined ? '' : `; the next attempt is at ${field('next')}`
  switch (line.message) {
    case 'webhook':
    case 'more events': {
      const what = list(line, 'ids').includes(eventId) ? 'received' : 'received, and ignored'
      return `${what}: ${field('source')} was answered ${field('status')}`
    }
    case 'look-up':
      return `asked ${field('source')} about ${field('object')}: ${field('outcome')} ${field('reason')}`.trimEnd()
    case 'object': {
      const to = list(line, 'to')
      return to.length === 0
        ? 'held: its object is linked to no chat message'
        : `passed on to chat message ${to.join(', ')}`
    }
    case 'folded':
      return `folded into chat message ${field('messageId')}${next || ', which needed nothing'}`
    case 'attempt':
      return `attempt for chat message ${field('messageId')}: ${field('outcome')}, ${puts(line['puts'])}, ${field('ms')} ms${next}`
    case 'parked':
      return `parked for chat message ${field('messageId')}: ${field('reason')} ${field('status')}`.trimEnd()
    default:
      return escapeControl(line.message)
  }
}

function puts(count: unknown): string {
  return count === undefined ? 'no PUT' : count === 1 ? '1 PUT' : `${count} PUTs`
}

function standingInWords({ of, state, why, next }: EventStatus, on: string): string {
  const command = next === undefined ? '' : `\n  npm run ${next}${on}`
  return `${of}: ${state}${why === undefined ? '' : `, ${why}`}.${command}`
}
