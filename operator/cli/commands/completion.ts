import tab from '@bomb.sh/tab/commander'
import { Argument, type Command } from 'commander'
import { action, type CliContext, newCommand, withHelp } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
type Shell = (typeof shells)[number]
type CreateProgram = () => Promise<Command>

/** `completion`: prints a shell's completion script, which calls `complete` on each TAB. */
export function createCompletion(context: CliContext, createProgram: CreateProgram): Command {
  const command = newCommand(context, 'completion', 'Print a shell completion script')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action(
      action<[Shell]>(context, async (shell) => {
        tab(await createProgram()).setup('chatroom-bridge', 'chatroom-bridge', shell)
        return exitCodes.done
      }),
    )
  return withHelp(command, 'source <(chatroom-bridge completion bash)', '0 printed, 2 the arguments make no sense')
}

/** Prints the completions of the words typed so far. */
export async function complete(createProgram: CreateProgram, words: string[]): Promise<void> {
  tab(await createProgram()).parse(words)
}
