import { settingsOfThisMachine } from '../local/environment.ts'
import { explain } from '../local/explain.ts'
import { backupCommand } from '../operator/backup.ts'
import { exitCodeOf, UsageError } from '../operator/exit-codes.ts'
import type { Home } from '../operator/home.ts'
import { linksCommand } from '../operator/links.ts'
import { parkedCommand } from '../operator/parked.ts'
import { reconcileCommand } from '../operator/reconcile.ts'
import { secretsCommand } from '../operator/secrets.ts'
import { send } from '../operator/send.ts'
import { type Terminal, thisTerminal } from '../operator/terminal.ts'
import { thisMachine } from '../operator/this-machine.ts'
import { traceCommand } from '../operator/trace.ts'

// What is kept here is other people's talk.
process.umask(0o077)

/** Opens the home that the arguments name: a stack on AWS, or this machine. */
async function open({ stack, region }: { stack?: string | undefined; region: string }): Promise<Home> {
  if (stack === undefined) return thisMachine(settingsOfThisMachine())
  // The AWS clients are there for whoever deploys, and not for whoever just starts the bridge.
  const { openStack } = await import('../operator/stack.ts').catch((error) => {
    throw new Error('--stack needs the packages of whoever deploys: run npm ci first', { cause: error })
  })
  return openStack(stack, region)
}

const commands = {
  send,
  secrets: secretsCommand,
  parked: parkedCommand,
  reconcile: reconcileCommand,
  links: linksCommand,
  trace: traceCommand,
  backup: (args: string[], _: typeof open, terminal: Terminal) => backupCommand(args, settingsOfThisMachine, terminal),
}

const [command = '', ...args] = process.argv.slice(2)
try {
  if (!Object.hasOwn(commands, command)) throw new UsageError(`which command? ${Object.keys(commands).join(', ')}`)
  process.exitCode = await commands[command as keyof typeof commands](args, open, thisTerminal())
} catch (error) {
  console.error(`chatroom-bridge: ${explain(error)}`)
  process.exitCode = exitCodeOf(error)
}
