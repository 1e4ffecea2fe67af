import { parseArgs } from 'node:util'
import type { Settings } from '../functions/settings.ts'
import { openSecrets } from './secrets.ts'

const secretsUsage = `npm run secrets -- COMMAND

  list                  every source and how many secrets it has
  show SOURCE           its secrets, newest first
  add SOURCE [VALUE]    one more secret, made here unless VALUE is given; the older ones stay valid
  retire SOURCE         ends the validity of all but the newest`

/**
 * The operator's way to the webhook secrets of this machine. The running bridge sees every change at its next request.
 * @throws when the arguments name no command or no source
 */
export async function secretsCommand(args: string[], settings: Settings, print: (text: string) => void): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true })
  const [command, source = '', value] = positionals
  const secrets = openSecrets(settings.DATA_DIR, settings.WEBHOOK_SECRETS)
  if (command === 'list') {
    for (const name of settings.sources.keys()) {
      const { length } = await secrets.of(name)
      const from = Object.hasOwn(settings.WEBHOOK_SECRETS, name) ? ' (from WEBHOOK_SECRETS)' : ''
      print(`${name.padEnd(20)} ${length === 0 ? 'none: it refuses everything' : `${length} valid`}${from}`)
    }
    return
  }
  if (!['show', 'add', 'retire'].includes(command ?? '')) throw new Error(`which command? ${secretsUsage}`)
  if (!settings.sources.has(source)) {
    throw new Error(`there is no source ${source || '(none named)'}: ${[...settings.sources.keys()].join(', ')}`)
  }
  if (command !== 'show' && Object.hasOwn(settings.WEBHOOK_SECRETS, source)) {
    throw new Error(`WEBHOOK_SECRETS fixes the secrets of ${source}: change them there`)
  }
  switch (command) {
    case 'show':
      for (const secret of await secrets.of(source)) print(secret)
      return
    case 'add':
      print(secrets.add(source, value))
      return
    case 'retire': {
      const retired = secrets.retire(source)
      print(retired === 0 ? `${source} has no older secret; add the new one first` : `${retired} retired`)
    }
  }
}
