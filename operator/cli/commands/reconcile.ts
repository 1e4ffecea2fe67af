import type { Command } from 'commander'
import { type DueMessage, reconcile } from '../../reconcile/reconcile.ts'
import { isoTime } from '../../time.ts'
import {
  bridgeAction,
  type CliContext,
  newCommand,
  printResult,
  reportFailures,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { counted, details, table } from '../output.ts'

/** `reconcile`: lists what is due, and sends an attempt for each. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const command = withBridgeOptions(newCommand(context, 'reconcile', 'Send an attempt for everything that is due'))
    .description(
      'List every chat message that the ERP is not known to show as wanted, and send an attempt for each. An attempt waits for its time: a pause that the ERP asked for, or the wait after a lost answer.',
    )
    .option('--dry-run', 'only list them')
    .option('--show', 'only list them, each with the PUT that an attempt would make now')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[{ dryRun?: true; show?: true; json?: true }]>(context, async (bridge, { dryRun, show, json }) => {
        const isDryRun = dryRun === true || show === true
        const due = await reconcile(bridge, { isDryRun, preview: show === true })
        const failures = due.flatMap(({ messageId: name, why }) => (why === undefined ? [] : [{ name, why }]))
        const code = reportFailures(terminal, failures)
        const result = due.map(({ since, nextAttemptAt, ...one }) => ({
          ...one,
          since: isoTime(since),
          nextAttemptAt: isoTime(nextAttemptAt),
          sent: !isDryRun && one.why === undefined,
        }))
        printResult(terminal, json, result, () => {
          if (due.length === 0) return 'The ERP is known to show everything that is wanted.'
          if (show) return due.map(previewText).join('\n')
          const count = counted(due.length - failures.length, 'attempt')
          return `${dueTable(due)}\n${count} ${isDryRun ? 'would be sent' : 'sent'}`
        })
        return code
      }),
    )
  return withHelp(
    command,
    'chatroom-bridge reconcile --dry-run',
    '0 done, 1 something could not be done, 2 the arguments make no sense',
  )
}

function previewText({ messageId, wants, put, noPut }: DueMessage): string {
  return details(messageId, { wants: wants.join(', '), PUT: put ?? noPut })
}

function dueTable(due: readonly DueMessage[]): string {
  return table(
    ['CHAT MESSAGE', 'WANTS', 'SINCE', 'FAILED ATTEMPTS', 'NEXT ATTEMPT'],
    due.map(({ messageId, wants, since, failedAttempts, nextAttemptAt, unreadable }) => [
      messageId,
      unreadable ? `a ${unreadable} record` : wants.join(', '),
      isoTime(since),
      String(failedAttempts),
      isoTime(nextAttemptAt) ?? 'now',
    ]),
  )
}
