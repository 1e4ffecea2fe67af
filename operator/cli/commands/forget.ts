import type { Command } from 'commander'
import { MessageId } from '../../../functions/state/changes.ts'
import { eraseStoredData } from '../../forget/erase.ts'
import { findStoredData, type StoredData } from '../../forget/find-stored-data.ts'
import { InvalidInputError } from '../../invalid-input.ts'
import { isoTime } from '../../time.ts'
import {
  bridgeAction,
  type CliContext,
  isConfirmed,
  newCommand,
  printResult,
  reportFailures,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../output.ts'

/** `forget`: erases everything that a bridge stores of a chat message. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const command = withBridgeOptions(newCommand(context, 'forget', 'Erase all that is kept of a chat message'))
    .description(
      "Erase everything that the bridge stores of one chat message, and nothing in the ERP: its record with what is parked, its links and what objects hold for it alone, and dead letters that name it. Data that belongs to others too stays without this chat message's part. Later events begin anew.",
    )
    .argument('<message>', 'the chat message; one that begins with a dash goes behind --')
    .option('--dry-run', 'only list what is stored; with --json in full')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[string, { dryRun?: true; yes?: true; json?: true }]>(
        context,
        async (bridge, text, { dryRun = false, yes, json }) => {
          const messageId = MessageId.parse(text)
          const found = await findStoredData(bridge, messageId)
          const { kept } = found
          if (!yes && !dryRun && kept.length > 0) {
            if (terminal.ask) terminal.stderr.write(`${storedTable(kept)}\n`)
            if (
              !(await isConfirmed(terminal, 'forgotten', `Forget all of this of chat message ${messageId} for good?`))
            ) {
              return exitCodes.notConfirmed
            }
          }
          const left = [...found.left, ...(dryRun ? [] : await eraseStoredData(bridge, found))]
          const code = reportFailures(
            terminal,
            left.map(({ where: name, why }) => ({ name, why })),
          )
          const items = kept.map(({ key: _, since, contents, ...item }) => ({
            ...item,
            since: isoTime(since),
            ...(dryRun && { contents }),
          }))
          const beyondReach = bridge.notErasedNote
          printResult(terminal, json, { messageId, [dryRun ? 'kept' : 'forgotten']: items, left, beyondReach }, () => {
            const nothing = kept.length === 0
            if (dryRun) return nothing ? `Nothing is kept of chat message ${messageId}.` : storedTable(kept)
            if (left.length > 0)
              return `Chat message ${messageId} is forgotten, apart from what could not be done.\n${beyondReach}`
            return `${nothing ? `Nothing was kept of chat message ${messageId}.` : `Chat message ${messageId} is forgotten.`}\n${beyondReach}`
          })
          return code
        },
        (text) => {
          const { error } = MessageId.safeParse(text)
          if (error) throw new InvalidInputError(`${text}: ${error.issues[0]?.message}`)
        },
      ),
    )
  return withHelp(
    command,
    'chatroom-bridge forget 42 --dry-run',
    '0 done, 1 something could not be done, 2 the arguments make no sense, 3 not confirmed',
  )
}

function storedTable(stored: readonly StoredData[]): string {
  return table(
    ['WHERE', 'SINCE', 'HOLDS', 'WILL BE'],
    stored.map(({ where, since, holds, stays }) => [
      where,
      isoTime(since),
      holds,
      stays ? 'left without it' : 'deleted',
    ]),
  )
}
