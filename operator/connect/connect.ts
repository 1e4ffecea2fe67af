import { readFile } from 'node:fs/promises'
import { InvalidInputError } from '../invalid-input.ts'
import { type BridgeAccess, sourceOf } from '../open/bridge.ts'

/** Stands for an address that is not known yet. */
const placeholder = 'https://YOUR-ADDRESS'

/** The steps that connect a system. `isReachable`: false where the outside cannot reach the bridge yet. */
export type ConnectSteps = { source: string; url: string; isReachable: boolean; hasSecret: boolean; steps: string }

/**
 * Fills this bridge's URL and secret into the set-up steps of a source's kind (`setup.md` in the kind's folder). Changes
 * nothing.
 * @param options.address how the outside calls the bridge, where that differs from its settings
 * @param options.run writes a command line of this bridge
 * @throws where there is no such source, or the address is none
 */
export async function connectSteps(
  bridge: BridgeAccess,
  source: string,
  { address, isAws, run }: { address: string | undefined; isAws: boolean; run(command: string): string },
): Promise<ConnectSteps> {
  const { kind } = sourceOf(bridge, source)
  const base = (address === undefined ? bridge.publicUrl : checkedAddress(address))?.replace(/\/+$/, '')
  const missingSecret = `SECRET-OF-${source}`
  const [secret = missingSecret] = await bridge.secrets.of(source)
  const url = `${base ?? placeholder}/webhooks/${source}`
  const publicUrl = isAws ? 'The stack knows it.' : `Start the bridge with PUBLIC_URL=${base ?? placeholder}`
  const template = await readFile(new URL(`../../functions/sources/${kind}/setup.md`, import.meta.url), 'utf8')
  const steps = fill(template.trimEnd(), { name: source, url, secret, publicUrl }).replace(
    /\{\{run (.*)\}\}/g,
    (_, command: string) => run(command),
  )
  return { source, url, isReachable: base !== undefined, hasSecret: !steps.includes(missingSecret), steps }
}

/** Fills in `{{name}}`; inside a shell's single quotes the value is escaped for JSON and the shell. */
function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (found, name: string, offset: number) => {
    const value = values[name] ?? found
    const lineStart = template.lastIndexOf('\n', offset) + 1
    const isQuoted = /^ +-[Hd] /.test(template.slice(lineStart))
    return isQuoted ? JSON.stringify(value).slice(1, -1).replaceAll("'", "'\\''") : value
  })
}

function checkedAddress(written: string): string {
  const url = URL.parse(written)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new InvalidInputError('--url: expected an address such as https://bridge.example')
  }
  return url.href
}
