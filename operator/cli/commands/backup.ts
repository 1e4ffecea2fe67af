import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type Backup, backUp, restoreBackup, salvageBackup } from '../../backup/backup.ts'
import { InvalidInputError } from '../../invalid-input.ts'
import {
  action,
  type BridgeOptions,
  type CliContext,
  newCommand,
  printResult,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

type Options = BridgeOptions & { force?: true; salvage?: true; restore?: true; json?: true }

/** `backup`: copies, salvages or restores the data of this machine. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const command = withBridgeOptions(newCommand(context, 'backup', 'Copy or restore the data of this machine'))
    .argument('<file>', 'where to, or with --restore where from')
    .option('--force', 'replace the file if it exists')
    .option('--salvage', 'copy what can be read of a damaged database; the bridge must not run')
    .option('--restore', 'put the file in the place of the data, which are moved aside; the bridge must not run')
    .option('--json', 'print JSON for scripts')
    .action(
      action<[string, Options]>(context, async (file, options) => {
        if (options.stack !== undefined) {
          throw new InvalidInputError(
            'on AWS the table is backed up all the time (point-in-time recovery): restore it in DynamoDB',
          )
        }
        if (options.restore && (options.salvage || options.force)) {
          throw new InvalidInputError('--restore goes with neither --force nor --salvage')
        }
        const { DATA_DIR: folder } = await context.settings(options)
        const { json, force = false } = options
        if (options.restore) {
          const restored = await restoreBackup(folder, file)
          const moved = restored.movedTo === undefined ? '' : `\nThe data that were there are in ${restored.movedTo}.`
          printResult(terminal, json, restored, () => `Restored ${contentsText(restored)}${moved}\nNow run npm start.`)
        } else if (options.salvage) {
          const saved = await salvageBackup(folder, file, force)
          const { messages, states } = saved.salvaged
          printResult(terminal, json, saved, () =>
            [
              `Saved of the queue: ${salvagedText(messages)}.`,
              `Saved of the chat messages: ${salvagedText(states)}.`,
              `${contentsText(saved)} The damaged data are as they were. To go on:`,
              `  npx chatroom-bridge backup --restore ${file} --data ${folder} && npm start`,
            ].join('\n'),
          )
        } else {
          const made = await backUp(folder, file, force)
          const secrets = join(folder, 'secrets.json')
          const keep = existsSync(secrets) ? `\nKeep ${secrets} too: webhooks are verified with it.` : ''
          printResult(terminal, json, made, () => `${contentsText(made)}${keep}`)
        }
        return exitCodes.done
      }),
    )
  return withHelp(
    command,
    'chatroom-bridge backup monday.sqlite',
    '0 done, 1 it could not be done, 2 the arguments make no sense',
  )
}

function contentsText({ file, bytes, webhooks, chatMessages, due, objects, deadLetters }: Backup): string {
  const size = bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
  return `${file} holds ${webhooks} queued webhooks, ${chatMessages} chat messages (${due} due), ${objects} objects, ${deadLetters} dead letters; ${size}.`
}

function salvagedText({ saved, lost, mayBeMore }: { saved: number; lost: number; mayBeMore: boolean }): string {
  return `${saved} rows; ${lost}${mayBeMore ? ' or more' : ''} could not be read`
}
