import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { StoredSession } from '../functions/core/session.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { type Home, homeOptions, type OpenHome } from './home.ts'
import type { Terminal } from './terminal.ts'

const secretsUsage = `npm run secrets -- COMMAND [--stack NAME]

  list                  every source and how many secrets it has
  show SOURCE           its secrets, newest first
  add SOURCE [VALUE]    one more secret, made here unless VALUE is given; the older ones stay valid
  retire SOURCE         ends the validity of all but the newest
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
  open: OpenHome,
  { print }: Pick<Terminal, 'print'>,
): Promise<ExitCode> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: homeOptions })
  const [command = '', ...rest] = positionals
  if (!['list', 'show', 'add', 'retire', 'token', 'credentials'].includes(command))
    throw new UsageError(`which command? ${secretsUsage}`)
  const home = await open(values)
  try {
    if (command === 'list') await list(home, print)
    else if (command === 'token') await setToken(home)
    else if (command === 'credentials') await setCredentials(home, print)
    else await change(command, home, rest, print)
    return exitCodes.done
  } finally {
    home.close()
  }
}

async function list({ sources, secrets }: Home, print: (line: string) => void): Promise<void> {
  for (const name of sources.keys()) {
    const { length } = await secrets.of(name)
    const fixed = secrets.fixed(name) === undefined ? '' : ' (from WEBHOOK_SECRETS)'
    print(`${name.padEnd(20)} ${length === 0 ? 'none: it refuses everything' : `${length} valid`}${fixed}`)
  }
}

async function setToken({ secrets }: Home): Promise<void> {
  if (!secrets.setErpToken) throw new Error('on one machine the token is the setting ERP_TOKEN')
  const { data: session } = StoredSession.safeParse({ token: (await typed('Paste the token')).trim() })
  if (!session) throw new Error('no token came on standard input: expected one, printable and without spaces')
  await secrets.setErpToken(session.token)
}

async function setCredentials({ secrets }: Home, print: (line: string) => void): Promise<void> {
  if (!secrets.setErpCredentials) throw new Error('on one machine these are the settings ERP_USER and ERP_PASSWORD')
  const lines = (await typed('Type the user, Enter, the password')).split(/\r?\n/).filter((line) => line !== '')
  const [username = '', password = ''] = lines
  if (lines.length !== 2) throw new Error('expected two lines on standard input: the user, and the password')
  await secrets.setErpCredentials({ username, password })
  print('logged in to the ERP')
}

/** What comes on standard input. Not as an argument: those stand in the shell's history and in everybody's list of processes. */
function typed(what: string): Promise<string> {
  if (process.stdin.isTTY) console.error(`${what}, then Enter and Ctrl-D:`)
  return text(process.stdin)
}

async function change(
  command: string,
  { sources, secrets }: Home,
  [source = '', value]: string[],
  print: (line: string) => void,
): Promise<void> {
  if (!sources.has(source)) {
    throw new Error(`there is no source ${source || '(none named)'}: ${[...sources.keys()].join(', ')}`)
  }
  const fixed = secrets.fixed(source)
  if (command !== 'show' && fixed !== undefined) throw new Error(fixed)
  if (command === 'show') for (const secret of await secrets.of(source)) print(secret)
  if (command === 'add') print(await secrets.add(source, value))
  if (command === 'retire') {
    const retired = await secrets.retire(source)
    print(retired === 0 ? `${source} has no older secret; add the new one first` : `${retired} retired`)
  }
}
