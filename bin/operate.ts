import { settingsOfThisMachine } from '../local/environment.ts'
import { explain } from '../local/explain.ts'
import { backupCommand } from '../operator/backup.ts'
import type { Home } from '../operator/home.ts'
import { secretsCommand } from '../operator/secrets.ts'
import { send } from '../operator/send.ts'
import { thisMachine } from '../operator/this-machine.ts'

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

const [command, ...args] = process.argv.slice(2)
try {
  if (command === 'send') process.exitCode = (await send(args, open, console.log)) ? 0 : 1
  else if (command === 'secrets') await secretsCommand(args, open, console.log)
  else if (command === 'backup') process.exitCode = await backupCommand(args, settingsOfThisMachine, console)
  else throw new Error('which command? send, secrets')
} catch (error) {
  console.error(`chatroom-bridge: ${explain(error)}`)
  process.exitCode = 1
}
