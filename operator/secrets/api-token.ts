import { readSecret } from '../cli/read-stdin.ts'
import { type BridgeAccess, sourceOf } from '../open/bridge.ts'

/**
 * Stores the token with which a source's provider is asked, read from standard input.
 * @throws where the source asks nothing, or settings say its token
 */
export async function storeApiToken(
  home: BridgeAccess,
  name: string | undefined,
  print: (line: string) => void,
): Promise<void> {
  const { source } = sourceOf(home, name)
  if (home.sources.get(source)?.['lookUps'] !== true) {
    throw new Error(`${source} asks nothing: give it the option "lookUps": true (SOURCES) first`)
  }
  const fixed = home.secrets.fixedToken(source)
  if (fixed !== undefined) throw new Error(fixed)
  await home.secrets.storeApiToken(source, await readSecret('the API token'))
  print(`${source} has its API token.`)
}
