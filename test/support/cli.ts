import { CommanderError } from 'commander'
import type { Settings } from '../../functions/settings/settings.ts'
import type { CliContext } from '../../operator/cli/command.ts'
import { type ExitCode, exitCodes } from '../../operator/cli/exit-codes.ts'
import { commands } from '../../operator/cli/program.ts'
import type { Terminal } from '../../operator/cli/terminal.ts'
import { InvalidInputError } from '../../operator/invalid-input.ts'
import type { BridgeAccess } from '../../operator/open/bridge.ts'

export type OpenBridge = (options: { stack?: string | undefined }) => Promise<BridgeAccess>

/** Runs one command of the program in this process. Rejects with what it throws, and with InvalidInputError for wrong arguments. */
export function cliCommand(
  name: keyof typeof commands,
  readSettings?: () => Settings,
  wait?: (ms: number) => Promise<unknown>,
) {
  return async (args: string[], openBridge: OpenBridge, terminal: Partial<Terminal>): Promise<ExitCode> => {
    let code: ExitCode = exitCodes.done
    const context: CliContext = {
      version: '0.0.0',
      terminal: {
        print: () => {},
        stderr: { write: () => {} },
        readInput: async () => '',
        ...terminal,
      },
      settings: async () => {
        if (readSettings) return readSettings()
        throw new Error('this test has no settings')
      },
      openBridge,
      exit(given) {
        code = given
      },
    }
    const module = await commands[name]?.load()
    const command = await module?.createCommand(context, wait)
    try {
      await command?.parseAsync(args, { from: 'user' })
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error
      if (error.exitCode !== 0) throw new InvalidInputError(error.message)
    }
    return code
  }
}
