import type { Command } from 'commander'
import { action, type CliContext, newCommand, withDataOption, withHelp } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

/** `worker`: runs one more process that delivers from the same data. */
export function createCommand(context: CliContext): Command {
  const command = withDataOption(newCommand(context, 'worker', 'Run one more process that delivers'))
    .description(
      'Run one more process that delivers what the data folder holds, beside one bridge, until SIGTERM or Ctrl-C.',
    )
    .action(
      action<[{ data?: string }]>(context, async (options) => {
        const { startWorkerProcess } = await import('../../../local/server/run-worker.ts')
        const { createLog } = await import('../../../local/logging/logfmt.ts')
        const { onShutdown } = await import('../../../local/server/shutdown.ts')
        const { print } = context.terminal
        const settings = await context.settings(options)
        const worker = await startWorkerProcess(settings, createLog(print))
        print(`One more worker delivers what ${settings.DATA_DIR} holds`)
        onShutdown(worker.stop)
        return exitCodes.done
      }),
    )
  return withHelp(command, 'chatroom-bridge worker --data /var/lib/chatroom-bridge', '0 stopped, 1 it could not start')
}
