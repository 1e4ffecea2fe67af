import { parseArgs } from 'node:util'
import { stepsOf } from '../connect/index.ts'
import { type BridgeAccess, homeOptions, type OpenBridge } from '../open/bridge.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const connectUsage = `npm run connect -- SOURCE [--url URL] [--stack NAME]

  SOURCE         what to connect, such as github
  --url URL      how the outside calls this bridge, such as a tunnel's address (PUBLIC_URL)
  --stack NAME   of a bridge on AWS (--region eu-central-1)

It prints the steps with the bridge's URL and secret filled in, and changes nothing.
It ends with 0, with 1 where it could not, and with 2 when the arguments make no sense.`

/** What stands for the address that nobody has said yet. */
const placeholder = 'https://YOUR-ADDRESS'

/**
 * Prints what a person does to connect a system to this very bridge.
 * @throws when there is no such source, or the URL is none
 */
export async function connectCommand(
  args: string[],
  open: OpenBridge,
  { print }: Pick<Terminal, 'print'>,
): Promise<ExitCode> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { url: { type: 'string' }, ...homeOptions },
  })
  const [name = ''] = positionals
  if (positionals.length !== 1) throw new UsageError(`which source? ${connectUsage}`)
  const given = values.url === undefined ? undefined : addressOf(values.url)
  const home = await open(values)
  try {
    const source = home.sources.get(name)
    if (!source) throw new Error(`there is no source ${name}: ${[...home.sources.keys()].join(', ')}`)
    const address = given ?? home.publicUrl
    if (address === undefined) print(`${unreached(home)}\n`)
    const [secret = `SECRET-OF-${name}`] = await home.secrets.of(name)
    const where = values.stack === undefined ? '' : ` --stack ${values.stack}`
    const region = values.stack === undefined || values.region === homeOptions.region.default ? '' : values.region
    const flags = `${where}${region && ` --region ${region}`}`
    const base = (address ?? placeholder).replace(/\/+$/, '')
    const url = `${base}/webhooks/${name}`
    const publicUrl = values.stack === undefined ? base : undefined
    const run = (command: string) => `npm run ${command}${flags}`
    const text = stepsOf(source.kind)({ name, url, publicUrl, secret, run })
    if (text.includes(`SECRET-OF-${name}`)) {
      print(`${name} has no secret yet. This makes it; it goes where SECRET-OF-${name} stands:\n`)
      print(`     ${run(`secrets -- add ${name}`)}\n`)
    }
    print(text)
    return exitCodes.done
  } finally {
    home.close()
  }
}

/** Other systems can't reach a machine that only a tunnel leads to. */
function unreached({ url }: BridgeAccess): string {
  return `Nobody outside of this machine reaches ${url} yet. Open a tunnel to it, such as

     cloudflared tunnel --url ${url}

start the bridge with the address that it prints (PUBLIC_URL=https://… npm start), and run this again with --url https://….
An address that changes with each tunnel has to be changed in the other system, too.`
}

function addressOf(written: string): string {
  const url = URL.parse(written)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new UsageError('--url: expected an address such as https://bridge.example')
  }
  return url.href
}
