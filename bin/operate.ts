import { settingsOfThisMachine } from '../local/environment.ts'
import { explain } from '../local/explain.ts'
import { secretsCommand } from '../local/secrets-command.ts'
import { send } from '../local/send.ts'

// What is kept here is other people's talk.
process.umask(0o077)

const [command, ...args] = process.argv.slice(2)
try {
  const settings = settingsOfThisMachine()
  if (command === 'send') process.exitCode = (await send(args, settings, console.log)) ? 0 : 1
  else if (command === 'secrets') await secretsCommand(args, settings, console.log)
  else throw new Error('which command? send, secrets')
} catch (error) {
  console.error(`chatroom-bridge: ${explain(error)}`)
  process.exitCode = 1
}
