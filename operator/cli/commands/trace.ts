import type { Command } from 'commander'
import { isoTime, parseSince } from '../../time.ts'
import type { EventStatus } from '../../trace/event-status.ts'
import type { LogLine } from '../../trace/log-lines.ts'
import { list } from '../../trace/story.ts'
import { traceEvent } from '../../trace/trace.ts'
import {
  type BridgeOptions,
  bridgeAction,
  type CliContext,
  newCommand,
  printResult,
  reportFailures,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { escapeControl } from '../output.ts'

/** `trace`: follows an event from its webhook to the ERP. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const command = withBridgeOptions(newCommand(context, 'trace', 'Follow an event from its webhook to the ERP'))
    .description(
      'Follow an event: when it was received, which chat messages it was merged into or at which object it waits, each attempt, and what became of it.',
    )
    .argument('<event>', 'the id of the event, as the answer to its webhook names it')
    .option('--source <name>', 'only events of this source')
    .option('--since <time>', 'how far back to look in the log: 30m, 2h or 2026-11-22T19:00:00Z', '7d')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[string, BridgeOptions & { source?: string; since: string; json?: true }]>(
        context,
        async (bridge, eventId, { source, since: written, json, stack }) => {
          const since = parseSince(written, Date.now())
          const { lines, statuses } = await traceEvent(bridge, { eventId, source, since })
          if (lines.length === 0) {
            const of = source === undefined ? '' : ` of ${source}`
            const why = `the log since ${isoTime(since)} holds no event${of} with this id: it did not arrive, or earlier (--since)`
            return reportFailures(terminal, [{ name: eventId, why }])
          }
          const story = lines.map(({ at, ...line }) => ({ at: isoTime(at), ...line }))
          printResult(terminal, json, { event: eventId, story, statuses }, () => {
            const on = stack === undefined ? '' : ` --stack ${stack}`
            const told = lines.map((line) => `${isoTime(line.at)}  ${lineText(line, eventId)}`)
            return [...told, '', ...statuses.map((status) => statusText(status, on))].join('\n')
          })
          return exitCodes.done
        },
      ),
    )
  return withHelp(
    command,
    'chatroom-bridge trace evt_1 --since 2h',
    '0 found, 1 not in the log, 2 the arguments make no sense',
  )
}

function lineText(line: LogLine, eventId: string): string {
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
      return to.length === 0 ? 'held: its object has no link' : `passed on to chat message ${to.join(', ')}`
    }
    case 'folded':
      return `merged into chat message ${field('messageId')}${next || ', which needed nothing'}`
    case 'attempt':
      return `attempt for chat message ${field('messageId')}: ${field('outcome')}, ${putCount(line['puts'])}, ${field('ms')} ms${next}`
    case 'parked':
      return `parked for chat message ${field('messageId')}: ${field('reason')} ${field('status')}`.trimEnd()
    default:
      return escapeControl(line.message)
  }
}

function putCount(count: unknown): string {
  return count === undefined ? 'no PUT' : count === 1 ? '1 PUT' : `${count} PUTs`
}

function statusText({ of, state, why, next }: EventStatus, on: string): string {
  const command = next === undefined ? '' : `\n  npx chatroom-bridge ${escapeControl(next)}${on}`
  return `${escapeControl(of)}: ${state}${why === undefined ? '' : `, ${escapeControl(why)}`}.${command}`
}
