import { type Command, CommanderError } from 'commander'
import { type CliContext, newCommand } from './command.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts'

/** `wait` is for tests: it takes the place of real pauses. */
type CommandModule = {
  createCommand(context: CliContext, wait?: (ms: number) => Promise<unknown>): Command | Promise<Command>
}
type Entry = { summary: string; load(): Promise<CommandModule> }

/** Every command, in the order of the help. Its module is loaded only when it is called. */
export const commands: Readonly<Record<string, Entry>> = {
  start: { summary: 'Run the bridge on this machine', load: () => import('./commands/start.ts') },
  worker: { summary: 'Run one more process that delivers', load: () => import('./commands/worker.ts') },
  status: { summary: 'Show the health of a bridge at a glance', load: () => import('./commands/status.ts') },
  doctor: { summary: 'Check what can go wrong, and say what to do', load: () => import('./commands/doctor.ts') },
  send: { summary: 'Send a signed event, as its source would', load: () => import('./commands/send.ts') },
  trace: { summary: 'Follow an event from its webhook to the ERP', load: () => import('./commands/trace.ts') },
  connect: { summary: 'Print the steps that connect a system', load: () => import('./commands/connect.ts') },
  secrets: { summary: 'Manage webhook secrets and tokens', load: () => import('./commands/secrets.ts') },
  links: { summary: 'Link objects of sources to chat messages', load: () => import('./commands/links.ts') },
  parked: { summary: 'Decide about parked writes and dead letters', load: () => import('./commands/parked.ts') },
  reconcile: { summary: 'Send an attempt for everything that is due', load: () => import('./commands/reconcile.ts') },
  backup: { summary: 'Copy or restore the data of this machine', load: () => import('./commands/backup.ts') },
  forget: { summary: 'Erase all that is kept of a chat message', load: () => import('./commands/forget.ts') },
  probe: { summary: 'Find out how an ERP host behaves', load: () => import('./commands/probe.ts') },
  cost: { summary: 'Compute what an event costs on AWS', load: () => import('./commands/cost.ts') },
  completion: {
    summary: 'Print a shell completion script',
    async load() {
      const { createCompletion } = await import('./commands/completion.ts')
      return { createCommand: (context) => createCompletion(context, () => createProgram(context)) }
    },
  },
}

/**
 * Runs the command that the arguments name.
 * @param argv without node and the script
 * @returns the exit code; never throws
 */
export async function runProgram(argv: readonly string[], context: Omit<CliContext, 'exit'>): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done
  const full: CliContext = {
    ...context,
    exit(given) {
      code = given
    },
  }
  try {
    const [name = '', separator, ...words] = argv
    if (name === 'complete' && separator === '--') {
      const { complete } = await import('./commands/completion.ts')
      await complete(() => createProgram(full), words)
      return code
    }
    const called = Object.hasOwn(commands, name) ? { [name]: commands[name] as Entry } : {}
    const program = await createProgram(full, called)
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' })
    return code
  } catch (error) {
    // Commander has written its message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.misused
    const { errorMessage } = await import('../../local/error-messages.ts')
    context.terminal.stderr.write(`chatroom-bridge: ${errorMessage(error)}\n`)
    return exitCodeOf(error)
  }
}

/** Builds the program: commands of `loaded` in full, the others by name and summary alone. */
async function createProgram(
  context: CliContext,
  loaded: Readonly<Record<string, Entry>> = commands,
): Promise<Command> {
  const program = newCommand(context, 'chatroom-bridge', 'Webhooks in, chat messages of an iwERP up to date')
    .version(context.version, '--version', 'print the version')
    .addHelpText('after', '\nEach command has its own --help.')
  for (const [name, { summary }] of Object.entries(commands)) {
    const module = await loaded[name]?.load()
    program.addCommand((await module?.createCommand(context)) ?? newCommand(context, name, summary))
  }
  return program
}
