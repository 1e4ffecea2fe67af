import { InvalidInputError } from '../invalid-input.ts'
import { type BridgeAccess, sourceOf } from '../open/bridge.ts'
import { stepsOf } from './index.ts'

/** Stands for an address that is not known yet. */
const placeholder = 'https://YOUR-ADDRESS'

/** The steps that connect a system. `isReachable`: false where the outside cannot reach the bridge yet. */
export type ConnectSteps = { source: string; url: string; isReachable: boolean; hasSecret: boolean; steps: string }

/**
 * Writes the steps that connect a source's system to this bridge, with its URL and secret filled in. Changes nothing.
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
  const publicUrl = isAws ? undefined : (base ?? placeholder)
  const steps = stepsOf(kind)({ name: source, url, publicUrl, secret, run })
  return { source, url, isReachable: base !== undefined, hasSecret: !steps.includes(missingSecret), steps }
}

function checkedAddress(written: string): string {
  const url = URL.parse(written)
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new InvalidInputError('--url: expected an address such as https://bridge.example')
  }
  return url.href
}
