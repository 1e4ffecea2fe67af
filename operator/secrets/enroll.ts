import { learnsSecret } from '../../functions/sources/registry.ts'
import { UsageError } from '../cli/exit-codes.ts'
import { type BridgeAccess, sourceOf } from '../open/bridge.ts'

/** The longest time that a window stands open; ms. */
const longest = 24 * 3600_000

/**
 * Opens a window in which a source learns its secret. Whoever sends the first handshake is believed: then the operator's own
 * webhook is not made, which tells that it was a stranger's.
 * @param time how long it stands open; ms
 * @throws where the source can't learn, or has a secret
 */
export async function openEnrollment(
  home: BridgeAccess,
  name: string | undefined,
  time: number,
  print: (line: string) => void,
): Promise<void> {
  const { source, kind } = sourceOf(home, name)
  const { secrets } = home
  const fixed = secrets.fixed(source)
  if (fixed !== undefined) throw new Error(fixed)
  if (!learnsSecret(kind)) {
    throw new Error(
      `no handshake of ${kind} brings a secret: npm run secrets -- add ${source} SECRET, or show ${source}`,
    )
  }
  if ((await secrets.of(source)).length > 0) {
    throw new Error(
      `${source} has a secret already, and a second one would be another webhook's: give that a source of its own (SOURCES), or let ${source} begin anew with npm run secrets -- forget ${source}`,
    )
  }
  const until = new Date(Date.now() + time)
  await secrets.openWindow(source, until.getTime())
  print(
    `Create the webhook to ${home.url}/webhooks/${source} until ${until.toISOString()}: its first handshake is believed, once.`,
  )
  print(`Then npm run secrets -- list says whether ${source} has learned it, and show ${source} what Notion asks for.`)
}

/** @returns ms @throws when it is no time, or too long */
export function timeOf(written: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([smh])$/.exec(written) ?? []
  const time = Number(count) * ({ s: 1_000, m: 60_000, h: 3600_000 }[unit] ?? Number.NaN)
  if (time >= 1_000 && time <= longest) return time
  throw new UsageError('--for: expected a time of at most 24 hours, such as 30s, 10m or 2h')
}
