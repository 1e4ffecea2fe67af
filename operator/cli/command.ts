import { Command } from 'commander'
import type { Settings } from '../../functions/settings/settings.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { escapeControl, json } from './output.ts'
import type { Terminal } from './terminal.ts'

/** Names a bridge: a stack on AWS, or the data folder of this machine. */
export type BridgeOptions = { stack?: string; region: string; data?: string }

/** What commands work with; tests bring their own. */
export type CliContext = {
  terminal: Terminal
  version: string
  /** Reads this machine's settings. @throws SettingsError */
  settings(options: { data?: string | undefined }): Promise<Settings>
  openBridge(options: BridgeOptions): Promise<BridgeAccess>
  /** Takes the exit code of the command that ran. */
  exit(code: ExitCode): void
}

export const defaultRegion = 'eu-central-1'

/** Creates a command that writes to the context's terminal and throws instead of ending the process. */
export function newCommand({ terminal }: CliContext, name: string, summary: string): Command {
  return new Command(name)
    .summary(summary)
    .description(`${summary}.`)
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.stderr.write(text.replace(/^error: /, 'chatroom-bridge: ')),
    })
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError()
}

/** Adds the options that name a bridge, alike for every command. */
export function withBridgeOptions(command: Command): Command {
  return withDataOption(command)
    .option('--stack <name>', 'of a bridge on AWS, by the name of its stack')
    .option('--region <name>', 'the region of the stack', defaultRegion)
}

/** Adds the option that names a data folder of this machine. */
export function withDataOption(command: Command): Command {
  return command.option(
    '--data <folder>',
    'the data folder on this machine (default: the setting DATA_DIR, or .bridge)',
  )
}

/** Adds an example and the exit codes to a command's help. */
export function withHelp(command: Command, example: string, codes: string): Command {
  return command.addHelpText('after', `\nExample:\n  ${example}\n\nExit codes: ${codes}`)
}

/** Makes a commander action of a function that returns an exit code. Its last argument are the command's options. */
export function action<Args extends unknown[]>(
  { exit }: CliContext,
  run: (...args: Args) => ExitCode | Promise<ExitCode>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args.at(-1) as Command
    exit(await run(...([...args.slice(0, -2), command.optsWithGlobals()] as Args)))
  }
}

/**
 * Does the same for a command of a bridge, which is opened before and closed after.
 * @param check throws InvalidInputError where the arguments make no sense; nothing is opened then
 */
export function bridgeAction<Args extends unknown[]>(
  context: CliContext,
  run: (bridge: BridgeAccess, ...args: Args) => ExitCode | Promise<ExitCode>,
  check: (...args: Args) => void = () => {},
): (...args: unknown[]) => Promise<void> {
  return action<Args>(context, async (...args) => {
    check(...args)
    const bridge = await context.openBridge(args.at(-1) as BridgeOptions)
    try {
      return await run(bridge, ...args)
    } finally {
      bridge.close()
    }
  })
}

/** Prints a result: as JSON for scripts, else as text for people. */
export function printResult(
  { print }: Terminal,
  isJson: boolean | undefined,
  value: unknown,
  text: () => string,
): void {
  print(isJson ? json(value) : text())
}

/** Writes what could not be done to standard error. @returns the exit code */
export function reportFailures({ stderr }: Terminal, failures: readonly { name: string; why: string }[]): ExitCode {
  for (const { name, why } of failures) stderr.write(`${escapeControl(name)}: ${escapeControl(why)}\n`)
  return failures.length === 0 ? exitCodes.done : exitCodes.failed
}

/** Asks a person to type yes. @returns whether they did; false where no person is there */
export async function isConfirmed({ ask, stderr }: Terminal, what: string, question: string): Promise<boolean> {
  if (!ask) {
    stderr.write(`chatroom-bridge: nothing was ${what}: it needs --yes where nobody can be asked\n`)
    return false
  }
  if ((await ask(`${question} Type yes: `)).trim() === 'yes') return true
  stderr.write(`chatroom-bridge: nothing was ${what}\n`)
  return false
}

/** Reads a secret from standard input, so that it stands in no shell's history and in no list of processes. */
export async function readSecret({ readInput }: Terminal, what: string): Promise<string> {
  const secret = (await readInput(`Paste ${what}`)).trim()
  if (!secret) throw new Error(`${what} did not come on standard input`)
  return secret
}
