import { parseArgs } from 'node:util'
import { StoredSession } from '../../functions/secrets/session.ts'
import { learnsSecret } from '../../functions/sources/registry.ts'
import { type BridgeAccess, homeOptions, type OpenBridge, sourceOf } from '../open/bridge.ts'
import { storeApiToken } from '../secrets/api-token.ts'
import { openEnrollment, timeOf } from '../secrets/enroll.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { readSecret, readStdin } from './read-stdin.ts'
import type { Terminal } from './terminal.ts'

const secretsUsage = `npm run secrets -- COMMAND [--stack NAME]

  list                  every source and how many secrets it has
  show SOURCE           its secrets, newest first
  add SOURCE [VALUE]    one more secret, made here unless VALUE is given; the older ones stay valid
  retire SOURCE         ends the validity of all but the newest
  forget SOURCE         ends the validity of all: the source refuses everything
  learn SOURCE          lets it learn its secret of the next handshake, once (Asana, Notion)
  --for TIME            how long it may: 30s, 10m, 2h (10m)
  api-token SOURCE      stores the token with which its provider is asked, read from standard input (Asana)
  token                 stores the ERP's session token or API key, read from standard input (AWS)
  credentials           stores the user and password that the bridge logs in to the ERP with, read as two lines from
                        standard input, and has it log in (AWS, with the setting ERP_LOGIN)
  --stack NAME          of a bridge on AWS (--region eu-central-1)

It ends with 0 when it was done, 1 when it could not be, and 2 when the arguments make no sense.`

/**
 * The operator's way to a bridge's secrets. A bridge that runs sees every change: on this machine at its next request, on
 * AWS within minutes, and at once where a signature doesn't match what it remembers.
 * @throws when the arguments name no command or no source
 */
export async function secretsCommand(
  args: string[],
  open: OpenBridge,
  { print }: Pick<Terminal, 'print'>,
): Promise<ExitCode> {
  const options = { ...homeOptions, for: { type: 'string', default: '10m' } } as const
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options })
  const [command = '', ...rest] = positionals
  if (!['list', 'show', 'add', 'retire', 'forget', 'learn', 'api-token', 'token', 'credentials'].includes(command))
    throw new UsageError(`which command? ${secretsUsage}`)
  const time = timeOf(values.for)
  const home = await open(values)
  try {
    if (command === 'list') await list(home, print)
    else if (command === 'token') await setToken(home)
    else if (command === 'api-token') await storeApiToken(home, rest[0], print)
    else if (command === 'learn') await openEnrollment(home, rest[0], time, print)
    else if (command === 'credentials') await setCredentials(home, print)
    else await change(command, home, rest, print)
    return exitCodes.done
  } finally {
    home.close()
  }
}

async function list({ sources, secrets }: BridgeAccess, print: (line: string) => void): Promise<void> {
  for (const name of sources.keys()) {
    const { length } = await secrets.of(name)
    const fixed = secrets.fixed(name) === undefined ? '' : ' (from WEBHOOK_SECRETS)'
    const until = length === 0 ? await secrets.window(name) : undefined
    const none =
      until === undefined
        ? 'none: it refuses everything'
        : `none: it may learn one until ${new Date(until).toISOString()}`
    print(`${name.padEnd(20)} ${length === 0 ? none : `${length} valid`}${fixed}`)
  }
}

async function setToken({ secrets }: BridgeAccess): Promise<void> {
  if (!secrets.setErpToken) throw new Error('on one machine the token is the setting ERP_TOKEN')
  const { data: session } = StoredSession.safeParse({ token: await readSecret('the token') })
  if (!session) throw new Error('the token on standard input is none: expected printable characters without spaces')
  await secrets.setErpToken(session.token)
}

async function setCredentials({ secrets }: BridgeAccess, print: (line: string) => void): Promise<void> {
  if (!secrets.setErpCredentials) throw new Error('on one machine these are the settings ERP_USER and ERP_PASSWORD')
  const lines = (await readStdin('Type the user, Enter, the password')).split(/\r?\n/).filter((line) => line !== '')
  const [username = '', password = ''] = lines
  if (lines.length !== 2) throw new Error('expected two lines on standard input: the user, and the password')
  await secrets.setErpCredentials({ username, password })
  print('logged in to the ERP')
}

async function change(
  command: string,
  home: BridgeAccess,
  [name, value]: string[],
  print: (line: string) => void,
): Promise<void> {
  const { source, kind } = sourceOf(home, name)
  const { secrets } = home
  const fixed = secrets.fixed(source)
  if (command !== 'show' && fixed !== undefined) throw new Error(fixed)
  if (command === 'show') for (const secret of await secrets.of(source)) print(secret)
  if (command === 'add' && value === undefined && learnsSecret(kind)) {
    throw new Error(`the secret of ${source} is made by ${kind}: npm run secrets -- learn ${source}`)
  }
  if (command === 'add') print(await secrets.add(source, value))
  if (command === 'forget') print(`${await secrets.forget(source)} forgotten`)
  if (command === 'retire') {
    const retired = await secrets.retire(source)
    print(retired === 0 ? `${source} has no older secret; add the new one first` : `${retired} retired`)
  }
}
