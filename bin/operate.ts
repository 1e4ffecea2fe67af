import { errorMessage } from '../local/error-messages.ts'
import { readLocalSettings } from '../local/server/environment.ts'
import { backupCommand } from '../operator/cli/backup.ts'
import { connectCommand } from '../operator/cli/connect.ts'
import { exitCodeOf, UsageError } from '../operator/cli/exit-codes.ts'
import { forgetCommand } from '../operator/cli/forget.ts'
import { linksCommand } from '../operator/cli/links.ts'
import { parkedCommand } from '../operator/cli/parked.ts'
import { probeCommand } from '../operator/cli/probe.ts'
import { reconcileCommand } from '../operator/cli/reconcile.ts'
import { secretsCommand } from '../operator/cli/secrets.ts'
import { send } from '../operator/cli/send.ts'
import { type Terminal, thisTerminal } from '../operator/cli/terminal.ts'
import { traceCommand } from '../operator/cli/trace.ts'
import type { BridgeAccess } from '../operator/open/bridge.ts'
import { openLocalBridge } from '../operator/open/local-bridge.ts'

// What is kept here is other people's talk.
process.umask(0o077)

/** Opens the home that the arguments name: a stack on AWS, or this machine. */
async function open({ stack, region }: { stack?: string | undefined; region: string }): Promise<BridgeAccess> {
  if (stack === undefined) return openLocalBridge(readLocalSettings())
  // The AWS clients are there for whoever deploys, and not for whoever just starts the bridge.
  const { openAwsBridge } = await import('../operator/open/aws-bridge.ts').catch((error) => {
    throw new Error('--stack needs the packages of whoever deploys: run npm ci first', { cause: error })
  })
  return openAwsBridge(stack, region)
}

const commands = {
  send,
  secrets: secretsCommand,
  parked: parkedCommand,
  reconcile: reconcileCommand,
  links: linksCommand,
  trace: traceCommand,
  connect: connectCommand,
  forget: forgetCommand,
  probe: (args: string[], home: typeof open, terminal: Terminal) =>
    probeCommand(args, home, readLocalSettings, terminal),
  backup: (args: string[], _: typeof open, terminal: Terminal) => backupCommand(args, readLocalSettings, terminal),
}

const [command = '', ...args] = process.argv.slice(2)
try {
  if (!Object.hasOwn(commands, command)) throw new UsageError(`which command? ${Object.keys(commands).join(', ')}`)
  process.exitCode = await commands[command as keyof typeof commands](args, open, thisTerminal())
} catch (error) {
  console.error(`chatroom-bridge: ${errorMessage(error)}`)
  process.exitCode = exitCodeOf(error)
}
