import { settingsOfThisMachine } from '../local/environment.ts'
import { explain } from '../local/explain.ts'
import type { Home } from '../operator/home.ts'
import { secretsCommand } from '../operator/secrets.ts'
import { send } from '../operator/send.ts'
import { thisMachine } from '../operator/this-machine.ts'

// What is kept here is other people's talk.
process.umask(0o077)

const [command, ...given] = process.argv.slice(2)
try {
  const { args, stack, region = 'eu-central-1' } = takeOptions(given)
  const open = async (): Promise<Home> => {
    if (stack === undefined) return thisMachine(settingsOfThisMachine())
    // The AWS clients are there for whoever deploys, and not for whoever just starts the bridge.
    return (await import('../operator/stack.ts')).stack(stack, region)
  }
  if (command === 'send') process.exitCode = (await send(args, open, console.log)) ? 0 : 1
  else if (command === 'secrets') await secretsCommand(args, open, console.log)
  else throw new Error('which command? send, secrets')
} catch (error) {
  console.error(`chatroom-bridge: ${explain(error)}`)
  process.exitCode = 1
}

/** Takes `--stack NAME` and `--region NAME` out of the arguments of any command. */
function takeOptions(all: string[]): { args: string[]; stack?: string; region?: string } {
  const args = [...all]
  const take = (option: string) => {
    const at = args.indexOf(option)
    if (at < 0) return {}
    const [, value] = args.splice(at, 2)
    if (value === undefined) throw new Error(`${option} names nothing`)
    return { [option.slice(2)]: value }
  }
  return { ...take('--stack'), ...take('--region'), args }
}
