import type { Command } from 'commander'
import { StoredSession } from '../../../functions/secrets/session.ts'
import { sourceOf } from '../../open/bridge.ts'
import {
  addSecret,
  forgetSecrets,
  listSecrets,
  openEnrollment,
  requireTokenSource,
  retireSecrets,
  type SourceSecrets,
} from '../../secrets/secrets.ts'
import { isoTime, parseWindow } from '../../time.ts'
import {
  bridgeAction,
  type CliContext,
  newCommand,
  printResult,
  readSecret,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

/**
 * `secrets`: shows and changes webhook secrets and tokens. A running bridge sees a change at its next request on one machine;
 * on AWS within minutes, and at once where a signature does not match.
 */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const secrets = newCommand(context, 'secrets', 'Manage webhook secrets and tokens')
  const add = (name: string, summary: string, source?: true) => {
    const command = withBridgeOptions(newCommand(context, name, summary))
    if (source) command.argument('<source>', 'the name of the source')
    secrets.addCommand(command)
    return command
  }
  add('list', 'List every source and how many secrets it has')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[{ json?: true }]>(context, async (bridge, { json }) => {
        const list = await listSecrets(bridge)
        printResult(terminal, json, list, () => list.map(lineOf).join('\n'))
        return exitCodes.done
      }),
    )
  add('show', 'Print the secrets of a source, newest first', true).action(
    bridgeAction<[string]>(context, async (bridge, source) => {
      sourceOf(bridge, source)
      for (const secret of await bridge.secrets.of(source)) terminal.print(secret)
      return exitCodes.done
    }),
  )
  add('add', 'Add one more secret and print it; older ones stay valid', true)
    .argument('[value]', 'the secret, if the other system made it')
    .action(
      bridgeAction<[string, string | undefined]>(context, async (bridge, source, value) => {
        terminal.print(await addSecret(bridge, source, value))
        return exitCodes.done
      }),
    )
  add('retire', 'End the validity of all but the newest secret', true).action(
    bridgeAction<[string]>(context, async (bridge, source) => {
      const retired = await retireSecrets(bridge, source)
      terminal.print(retired === 0 ? `${source} has no older secret; add the new one first` : `${retired} retired`)
      return exitCodes.done
    }),
  )
  add('forget', 'End the validity of all secrets: the source refuses everything', true).action(
    bridgeAction<[string]>(context, async (bridge, source) => {
      terminal.print(`${await forgetSecrets(bridge, source)} forgotten`)
      return exitCodes.done
    }),
  )
  add('learn', 'Let a source learn its secret from the next handshake, once (Asana, Notion)', true)
    .option('--for <time>', 'how long it may: 30s, 10m, 2h', '10m')
    .action(
      bridgeAction<[string, { for: string }]>(context, async (bridge, source, options) => {
        const until = isoTime(await openEnrollment(bridge, source, parseWindow(options.for)))
        terminal.print(
          `Create the webhook to ${bridge.url}/webhooks/${source} until ${until}: its first handshake is believed, once.\n` +
            `Then npx chatroom-bridge secrets list says whether ${source} has learned it; Notion also asks for what show ${source} prints.`,
        )
        return exitCodes.done
      }),
    )
  add('api-token', "Store the token for a source's look-ups, read from standard input (Asana)", true).action(
    bridgeAction<[string]>(context, async (bridge, source) => {
      requireTokenSource(bridge, source)
      await bridge.secrets.storeApiToken(source, await readSecret(terminal, 'the API token'))
      terminal.print(`${source} has its API token.`)
      return exitCodes.done
    }),
  )
  add('token', "Store the ERP's session token or API key, read from standard input (AWS)").action(
    bridgeAction(context, async ({ secrets: { setErpToken } }) => {
      if (!setErpToken) throw new Error('on one machine the token is the setting ERP_TOKEN')
      const { data: session } = StoredSession.safeParse({ token: await readSecret(terminal, 'the token') })
      if (!session) throw new Error('the token on standard input is none: expected printable characters without spaces')
      await setErpToken(session.token)
      return exitCodes.done
    }),
  )
  add('credentials', 'Store the user and password for the ERP, two lines on standard input, and log in (AWS)').action(
    bridgeAction(context, async ({ secrets: { setErpCredentials } }) => {
      if (!setErpCredentials) throw new Error('on one machine these are the settings ERP_USER and ERP_PASSWORD')
      const input = await terminal.readInput('Type the user, Enter, the password')
      const [username = '', password = '', ...more] = input.split(/\r?\n/).filter((line) => line !== '')
      if (password === '' || more.length > 0) {
        throw new Error('expected two lines on standard input: the user, and the password')
      }
      await setErpCredentials({ username, password })
      terminal.print('logged in to the ERP')
      return exitCodes.done
    }),
  )
  return withHelp(
    secrets,
    'chatroom-bridge secrets add github --stack chatroom-bridge-prod',
    '0 done, 1 failed, 2 the arguments make no sense',
  )
}

function lineOf({ source, secrets, readOnly, learnsUntil }: SourceSecrets): string {
  const fixed = readOnly === undefined ? '' : ' (from WEBHOOK_SECRETS)'
  const none = learnsUntil === undefined ? 'none: it refuses everything' : `none: it may learn one until ${learnsUntil}`
  return `${source.padEnd(20)} ${secrets === 0 ? none : `${secrets} valid`}${fixed}`
}
