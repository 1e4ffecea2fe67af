import { fixedSession } from '../../functions/erp/fixed-session.ts'
import { readSettings, type Settings } from '../../functions/settings/settings.ts'
import { isDue, readState } from '../../functions/state/message/message-state.ts'
import { UsageError } from '../cli/exit-codes.ts'
import { readStdin } from '../cli/read-stdin.ts'
import type { Terminal } from '../cli/terminal.ts'
import type { BridgeAccess, ErpConnection } from '../open/bridge.ts'

/** The host that is asked. `busy` says why nothing may be written for now. */
export type Probed = { host: ErpConnection; busy?: string | undefined; close(): void }

const dryRun = 'DRY_RUN is set, so nothing is written'

/** The host of a bridge, which stays open for its token. */
export async function hostOfBridge(messageId: string, home: BridgeAccess): Promise<Probed> {
  const { erpHost: host, close } = home
  if (home.isDry) return { host, busy: dryRun, close }
  const stored = await home.states.load(messageId)
  const read = stored && readState(stored.body)
  const isWaiting = read && 'state' in read && isDue(read.state)
  return { host, close, ...(isWaiting && { busy: 'the bridge itself is about to write to this chat message' }) }
}

/** A host that is named, with its own token: the bridge's goes to no other host than the one that it is for. */
export async function hostAt(url: string, settings: Settings, terminal: Terminal): Promise<Probed> {
  const { ERP_BASE_URL, ERP_TOKEN, ERP_BUILD_ID: buildId, ERP_PACKAGE_ID: packageId, DRY_RUN } = settings
  const isOurs = ERP_BASE_URL === undefined || new URL(ERP_BASE_URL).origin === originOf(url)
  const token = (isOurs ? ERP_TOKEN : undefined) ?? (await askedToken(terminal))
  const { ERP_BASE_URL: baseUrl = url } = readSettings({ ERP_BASE_URL: url, ERP_TOKEN: token }, 'one machine')
  const host = { baseUrl, buildId, packageId, session: fixedSession(token) }
  return { host, close() {}, ...(DRY_RUN && { busy: dryRun }) }
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined
}

async function askedToken({ ask }: Terminal): Promise<string> {
  const token = (ask ? await ask('The token for it: ') : await readStdin('Paste the token for it')).trim()
  if (!token) throw new UsageError('no token: set ERP_TOKEN, or write it to standard input')
  return token
}
