import { setTimeout as wait } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { Command } from 'commander'
import type { BridgeAccess } from '../../open/bridge.ts'
import { readStatus, type Status } from '../../status/status.ts'
import {
  type BridgeOptions,
  bridgeAction,
  type CliContext,
  newCommand,
  printResult,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { escapeControl, table } from '../output.ts'

/** Time between two readings with --watch; ms. */
const watchEvery = 2_000

type Options = BridgeOptions & { watch?: true; logs: boolean; json?: true }

/** `status`: shows the health of a bridge at a glance. */
export function createCommand(context: CliContext): Command {
  const { terminal, version } = context
  const command = withBridgeOptions(newCommand(context, 'status', 'Show the health of a bridge at a glance'))
    .description(
      'Show the health of a bridge: what you have to do first, then the front door, sources, queue, chat messages, ERP and disk.',
    )
    .option('--watch', 'show it again every 2 s, until Ctrl-C')
    .option('--no-logs', 'leave out the last events and refusals, which cost a search in the logs on AWS')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[Options]>(context, async (bridge: BridgeAccess, { watch, logs, json, stack }) => {
        for (;;) {
          const status = await readStatus(bridge, { version, now: Date.now(), withLogs: logs })
          if (watch && terminal.hasColor) terminal.print('\u001B[2J\u001B[H')
          printResult(terminal, json, status, () => statusText(status, stack, terminal.hasColor === true))
          if (!watch) return status.tasks.length === 0 ? exitCodes.done : exitCodes.failed
          await wait(watchEvery)
        }
      }),
    )
  return withHelp(
    command,
    'chatroom-bridge status --watch',
    '0 all is well, 1 you have to do something, 2 the arguments make no sense',
  )
}

function statusText(status: Status, stack: string | undefined, hasColor: boolean): string {
  const { version, home, tasks, frontDoor, queue, chatMessages, deadLetters, erp, disk } = status
  const paint = (style: 'green' | 'yellow' | 'bold', text: string) =>
    hasColor ? styleText(style, text, { validateStream: false }) : text
  const flags = stack === undefined ? '' : ` --stack ${stack}`
  const things = tasks.length === 1 ? '1 thing' : `${tasks.length} things`
  const oldest = queue.oldest === undefined ? '' : `, the oldest since ${queue.oldest}`
  const next = chatMessages.nextAttempt === undefined ? '' : `, the next at ${chatMessages.nextAttempt}`
  const rows: [string, string][] = [
    ['front door', `${frontDoor.isUp ? 'answers' : 'does not answer'} on ${frontDoor.url}`],
    ['queue', `${queue.waiting} waiting${oldest}; ${queue.delayed} delayed attempts`],
    [
      'chat messages',
      `${chatMessages.due} due, ${chatMessages.retried} retried${next}; ${chatMessages.parked} with parked writes`,
    ],
    ['dead letters', String(deadLetters)],
    [
      'ERP',
      `breaker ${erp.breaker}; session ${sessionText(erp.session)}${erp.isDryRun ? '; dry run: nothing is PUT' : ''}`,
    ],
    ...(disk ? [['disk', `${megabytes(disk.data)} used, ${megabytes(disk.free)} free`] as [string, string]] : []),
  ]
  return [
    `chatroom-bridge ${version} · ${stack ?? home} · ${tasks.length === 0 ? paint('green', 'all is well') : paint('yellow', `${things} for you`)}`,
    ...tasks.flatMap(({ what, command }) => [
      paint('bold', `  ! ${escapeControl(what)}`),
      ...(command === undefined ? [] : [`    npx chatroom-bridge ${escapeControl(command)}${flags}`]),
    ]),
    '',
    ...rows.map(([name, text]) => `${name.padEnd(14)} ${text}`),
    '',
    table(
      ['SOURCE', 'SECRET', 'LAST EVENT', 'LAST REFUSAL'],
      status.sources.map(({ source, hasSecret, lastEvent, lastRefusal }) => [
        source,
        hasSecret ? 'yes' : 'none yet',
        lastEvent ?? '–',
        lastRefusal ? `${lastRefusal.status} ${lastRefusal.at}` : '–',
      ]),
    ),
  ].join('\n')
}

function sessionText(session: string): string {
  return session === 'fixed' ? 'by a fixed token' : /^\d/.test(session) ? `until ${session}` : session
}

function megabytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
