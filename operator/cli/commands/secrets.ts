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

const codes = '0 done, 1 failed, 2 the arguments make no sense'
type Json = { json?: true }

/**
 * `secrets`: shows and changes webhook secrets and tokens. A running bridge uses a change from its next request on one
 * machine; on AWS within 5 minutes, and at once when a signature does not match.
 */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const secrets = newCommand(context, 'secrets', 'Manage webhook secrets and tokens')

  const add = (name: string, summary: string, example: string) => {
    const command = withBridgeOptions(newCommand(context, name, summary))
    secrets.addCommand(withHelp(command, example, codes))
    return command
  }
  const addPrinting = (...args: Parameters<typeof add>) => add(...args).option('--json', 'print JSON for scripts')
  const addForSource = (name: string, summary: string, example = `chatroom-bridge secrets ${name} github`) =>
    addPrinting(name, summary, example).argument('<source>', 'the name of the source')
  const done = (json: true | undefined, value: object, text: string) => {
    printResult(terminal, json, value, () => text)
    return exitCodes.done
  }

  addPrinting('list', 'List every source and how many secrets it has', 'chatroom-bridge secrets list').action(
    bridgeAction<[Json]>(context, async (bridge, { json }) => {
      const list = await listSecrets(bridge)
      return done(json, list, list.map(lineOf).join('\n'))
    }),
  )
  addForSource('show', 'Print the secrets of a source, newest first').action(
    bridgeAction<[string, Json]>(context, async (bridge, source, { json }) => {
      sourceOf(bridge, source)
      const shown = await bridge.secrets.of(source)
      if (shown.length === 0 && !json) return exitCodes.done
      return done(json, { source, secrets: shown }, shown.join('\n'))
    }),
  )
  addForSource('add', 'Add one more secret and print it; older ones stay valid')
    .argument('[value]', 'the secret, if the other system made it')
    .action(
      bridgeAction<[string, string | undefined, Json]>(context, async (bridge, source, value, { json }) => {
        const secret = await addSecret(bridge, source, value)
        return done(json, { source, secret }, secret)
      }),
    )
  addForSource('retire', 'End the validity of all but the newest secret').action(
    bridgeAction<[string, Json]>(context, async (bridge, source, { json }) => {
      const retired = await retireSecrets(bridge, source)
      const text = retired === 0 ? `${source} has no older secret; add the new one first` : `${retired} retired`
      return done(json, { source, retired }, text)
    }),
  )
  addForSource('forget', 'End the validity of all secrets: the source refuses everything').action(
    bridgeAction<[string, Json]>(context, async (bridge, source, { json }) => {
      const forgotten = await forgetSecrets(bridge, source)
      return done(json, { source, forgotten }, `${forgotten} forgotten`)
    }),
  )
  addForSource(
    'learn',
    'Let a source learn its secret from the next handshake, once (Asana, Notion)',
    'chatroom-bridge secrets learn asana --for 1h',
  )
    .option('--for <time>', 'how long it may: 30s, 10m, 2h', '10m')
    .action(
      bridgeAction<[string, Json & { for: string }]>(context, async (bridge, source, options) => {
        const learnsUntil = isoTime(await openEnrollment(bridge, source, parseWindow(options.for)))
        const url = `${bridge.url}/webhooks/${source}`
        return done(
          options.json,
          { source, url, learnsUntil },
          `Create the webhook to ${url} until ${learnsUntil}: the bridge accepts its first handshake, once.\n` +
            `Then npx chatroom-bridge secrets list says whether ${source} has learned it; Notion also asks for what show ${source} prints.`,
        )
      }),
    )
  addForSource(
    'api-token',
    "Store the token for a source's look-ups, read from standard input (Asana)",
    'chatroom-bridge secrets api-token asana < token.txt',
  ).action(
    bridgeAction<[string, Json]>(context, async (bridge, source, { json }) => {
      requireTokenSource(bridge, source)
      await bridge.secrets.storeApiToken(source, await readSecret(terminal, 'the API token'))
      return done(json, { source, stored: true }, `${source} has its API token.`)
    }),
  )
  add(
    'token',
    "Store the ERP's session token or API key, read from standard input (AWS)",
    'chatroom-bridge secrets token --stack chatroom-bridge-prod < token.txt',
  ).action(
    bridgeAction(context, async ({ secrets: { setErpToken } }) => {
      if (!setErpToken) throw new Error('on one machine the token is the setting ERP_TOKEN')
      const { data: session } = StoredSession.safeParse({ token: await readSecret(terminal, 'the token') })
      if (!session) throw new Error('standard input holds no token: expected printable characters without spaces')
      await setErpToken(session.token)
      return exitCodes.done
    }),
  )
  addPrinting(
    'credentials',
    'Store the user and password for the ERP, two lines on standard input, and log in (AWS)',
    'chatroom-bridge secrets credentials --stack chatroom-bridge-prod',
  ).action(
    bridgeAction<[Json]>(context, async ({ secrets: { setErpCredentials } }, { json }) => {
      if (!setErpCredentials) throw new Error('on one machine these are the settings ERP_USER and ERP_PASSWORD')
      const input = await terminal.readInput('Type the user, Enter, the password')
      const [username = '', password = '', ...more] = input.split(/\r?\n/).filter((line) => line !== '')
      if (password === '' || more.length > 0) {
        throw new Error('expected two lines on standard input: the user, and the password')
      }
      await setErpCredentials({ username, password })
      return done(json, { loggedIn: true }, 'logged in to the ERP')
    }),
  )
  return withHelp(secrets, 'chatroom-bridge secrets add github --stack chatroom-bridge-prod', codes)
}

function lineOf({ source, secrets, readOnly, learnsUntil }: SourceSecrets): string {
  const fixed = readOnly === undefined ? '' : ' (from WEBHOOK_SECRETS)'
  const none = learnsUntil === undefined ? 'none: it refuses everything' : `none: it may learn one until ${learnsUntil}`
  return `${source.padEnd(20)} ${secrets === 0 ? none : `${secrets} valid`}${fixed}`
}
