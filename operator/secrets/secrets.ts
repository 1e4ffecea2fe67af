import { learnsSecret } from '../../functions/sources/registry.ts'
import { type BridgeAccess, sourceOf } from '../open/bridge.ts'

type Bridge = Pick<BridgeAccess, 'sources' | 'secrets'>

/** The number of secrets of a source. `readOnly`: why they can't be changed here; `learnsUntil`: ISO 8601. */
export type SourceSecrets = { source: string; secrets: number; readOnly?: string; learnsUntil?: string }

export async function listSecrets({ sources, secrets }: Bridge): Promise<SourceSecrets[]> {
  return Promise.all(
    [...sources.keys()].map(async (source) => {
      const { length } = await secrets.of(source)
      const readOnly = secrets.fixed(source)
      const until = length === 0 ? await secrets.window(source) : undefined
      return {
        source,
        secrets: length,
        ...(readOnly !== undefined && { readOnly }),
        ...(until !== undefined && { learnsUntil: new Date(until).toISOString() }),
      }
    }),
  )
}

/**
 * Adds a secret; older ones stay valid.
 * @returns the secret, made here if none is given
 * @throws where settings fix the secrets, or the source's own system makes them
 */
export async function addSecret(bridge: Bridge, source: string, value?: string): Promise<string> {
  const { kind } = changeableSource(bridge, source)
  if (value === undefined && learnsSecret(kind)) {
    throw new Error(`the secret of ${source} is made by ${kind}: npx chatroom-bridge secrets learn ${source}`)
  }
  return bridge.secrets.add(source, value)
}

/** Removes all secrets but the newest. @returns how many were removed */
export async function retireSecrets(bridge: Bridge, source: string): Promise<number> {
  changeableSource(bridge, source)
  return bridge.secrets.retire(source)
}

/** Removes all secrets of a source. @returns how many were removed */
export async function forgetSecrets(bridge: Bridge, source: string): Promise<number> {
  changeableSource(bridge, source)
  return bridge.secrets.forget(source)
}

/**
 * Opens a window in which a source learns its secret from the first handshake. If a stranger's handshake comes first, the
 * operator notices, because their own webhook can't be created.
 * @param duration ms
 * @returns the end of the window, epoch ms
 * @throws where the source cannot learn, or has a secret
 */
export async function openEnrollment(bridge: Bridge, source: string, duration: number): Promise<number> {
  const { kind } = changeableSource(bridge, source)
  const { secrets } = bridge
  if (!learnsSecret(kind)) {
    throw new Error(
      `${kind} sends no secret in a handshake: npx chatroom-bridge secrets add ${source} SECRET, or show ${source}`,
    )
  }
  if ((await secrets.of(source)).length > 0) {
    throw new Error(
      `${source} has a secret already, and a second webhook would have another one: give that webhook a source of its own (SOURCES), or start again with npx chatroom-bridge secrets forget ${source}`,
    )
  }
  const until = Date.now() + duration
  await secrets.openWindow(source, until)
  return until
}

/** @throws where a source makes no look-ups, or settings fix its API token */
export function requireTokenSource(bridge: Bridge, source: string): void {
  if (sourceOf(bridge, source)['lookUps'] !== true) {
    throw new Error(`${source} makes no look-ups: give it the option "lookUps": true (SOURCES) first`)
  }
  const fixed = bridge.secrets.fixedToken(source)
  if (fixed !== undefined) throw new Error(fixed)
}

function changeableSource(bridge: Bridge, name: string) {
  const source = sourceOf(bridge, name)
  const fixed = bridge.secrets.fixed(name)
  if (fixed !== undefined) throw new Error(fixed)
  return source
}
