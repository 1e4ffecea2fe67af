import type { Command } from 'commander'
import type { BridgeAccess } from '../../open/bridge.ts'
import { dropAction, type ParkedAction, redriveAction } from '../../parked/actions.ts'
import { findParked } from '../../parked/find.ts'
import { listed, type ParkedItem } from '../../parked/item.ts'
import { type Id, idOf, type Selection, selectionOf } from '../../parked/selection.ts'
import { showParked } from '../../parked/show.ts'
import { isoTime } from '../../time.ts'
import {
  action,
  type BridgeOptions,
  bridgeAction,
  type CliContext,
  isConfirmed,
  newCommand,
  printResult,
  reportFailures,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { details, escapeControl, table } from '../output.ts'
import type { Terminal } from '../terminal.ts'

/** How many of the items that would be dropped a person is shown before they are asked. */
const shownBeforeAsking = 20

type Filter = { all?: true; reason?: string; since?: string }
type ActOptions = BridgeOptions & Filter & { dryRun?: true; yes?: true; json?: true }

/** `parked`: lists, shows, redrives and drops parked writes and dead letters. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const parked = newCommand(context, 'parked', 'Decide about parked writes and dead letters')
  const add = (name: string, summary: string) => {
    const command = withBridgeOptions(newCommand(context, name, summary)).option('--json', 'print JSON for scripts')
    parked.addCommand(command)
    return command
  }
  const withFilter = (command: Command) =>
    command
      .option('--all', 'everything, instead of ids')
      .option('--reason <text>', 'those whose reason contains the text, such as refused, 422, age or full')
      .option('--since <time>', 'those parked since: 30m, 2h, 7d or 2026-11-22T19:00:00Z')
  withFilter(add('list', 'List everything that is parked')).action(
    action<[BridgeOptions & Filter & { json?: true }]>(context, async (options) => {
      const selection = selectionOf([], options, Date.now(), { orAll: true })
      return withBridge(context, options, async (bridge) => {
        const { items } = await findParked(bridge, selection)
        printResult(terminal, options.json, items.map(listed), () =>
          items.length === 0 ? 'Nothing is parked.' : itemTable(items),
        )
        return exitCodes.done
      })
    }),
  )
  add('show', "Show one item with its change and the ERP's answer")
    .argument('<id>', 'as list shows it; 42 for everything parked of chat message 42')
    .action(
      bridgeAction<[string, { json?: true }]>(context, async (bridge, text, { json }) => {
        const id = idOf(text)
        const shown = await showParked(bridge, id)
        printResult(terminal, json, shown, () => shown.map(({ id, ...fields }) => details(id, fields)).join('\n'))
        return reportFailures(terminal, shown.length === 0 ? [{ name: text, why: whyMissing(id) }] : [])
      }),
    )
  for (const [name, summary, parkedAction] of [
    ['redrive', 'Make items due again, or put dead letters back on the queue', redriveAction],
    ['drop', 'Never try items again; asks before', dropAction],
  ] as const) {
    const command = withFilter(add(name, summary))
      .argument('[id...]', 'as list shows them; one that begins with a dash goes behind --')
      .option('--dry-run', 'only say what would be done')
    if (name === 'drop') command.option('--yes', 'do not ask')
    command.action(
      action<[string[], ActOptions]>(context, (ids, options) => {
        const selection = selectionOf(ids, options, Date.now(), { orAll: false })
        return withBridge(context, options, (bridge) => act(bridge, parkedAction, selection, options, terminal))
      }),
    )
  }
  return withHelp(
    parked,
    'chatroom-bridge parked redrive --reason refused --since 2h',
    '0 done, 1 something could not be done, 2 the arguments make no sense, 3 a drop was not confirmed',
  )
}

/** Opens the bridge once the arguments are known to make sense. */
async function withBridge(
  context: CliContext,
  options: BridgeOptions,
  run: (bridge: BridgeAccess) => Promise<ExitCode>,
): Promise<ExitCode> {
  const bridge = await context.openBridge(options)
  try {
    return await run(bridge)
  } finally {
    bridge.close()
  }
}

async function act(
  bridge: BridgeAccess,
  { done, blocker, run }: ParkedAction,
  selection: Selection,
  { dryRun, yes, json }: ActOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { items, missing } = await findParked(bridge, selection)
  const possible = items.filter((item) => blocker(item) === undefined)
  const mustAsk = done === 'dropped' && !yes && !dryRun && possible.length > 0
  if (mustAsk) {
    const more = possible.length - shownBeforeAsking
    if (terminal.ask) {
      terminal.stderr.write(
        `${itemTable(possible.slice(0, shownBeforeAsking))}\n${more > 0 ? `… and ${more} more\n` : ''}`,
      )
    }
    const these = possible.length === 1 ? 'this' : `these ${possible.length}`
    if (!(await isConfirmed(terminal, 'dropped', `Drop ${these} for good?`))) return exitCodes.notConfirmed
  }
  const outcomes: { id: string; why?: string | undefined }[] = [
    ...missing.map((id) => ({ id: id.text, why: whyMissing(id) })),
    ...items.filter(blocker).map((item) => ({ id: item.id, why: blocker(item) })),
    ...(dryRun ? possible.map(({ id }) => ({ id })) : await run(bridge, possible)),
  ]
  const failures = outcomes.flatMap(({ id: name, why }) => (why === undefined ? [] : [{ name, why }]))
  const code = reportFailures(terminal, failures)
  const result = outcomes.map(({ id, why }) => ({ id, [dryRun ? 'possible' : 'done']: why === undefined, why }))
  printResult(terminal, json, result, () => {
    const count = outcomes.length - failures.length
    if (!dryRun) return `${count} ${done}`
    return [...possible.map(({ id }) => `would be ${done}: ${escapeControl(id)}`), `${count} would be ${done}`].join(
      '\n',
    )
  })
  return code
}

function whyMissing({ kind }: Id): string {
  return kind === 'dead letter'
    ? 'there is no such dead letter; one that another command has is back within a minute'
    : 'nothing like this is parked'
}

function itemTable(items: readonly ParkedItem[]): string {
  return table(
    ['ID', 'SINCE', 'REASON', 'CHAT MESSAGE', 'SOURCE', 'EVENT', 'ASKS FOR'],
    items.map((item) => {
      const more = item.kind === 'dead letter' ? (item.updates ?? 1) - 1 : 0
      const asks = more > 0 ? `${item.asks}, and ${more} more` : item.asks
      return [item.id, isoTime(item.at), item.reason, item.messageId, item.source, item.eventId, asks]
    }),
  )
}
