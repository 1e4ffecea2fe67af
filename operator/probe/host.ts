import { fixedSession } from '../../functions/erp/fixed-session.ts'
import { readSettings, type Settings } from '../../functions/settings/settings.ts'
import { isDue, readState } from '../../functions/state/message/message-state.ts'
import type { BridgeAccess, ErpConnection } from '../open/bridge.ts'

/** The host to probe. `busy` says why nothing may be written to it now. */
export type ProbedHost = { host: ErpConnection; busy?: string | undefined }

const dryRun = 'DRY_RUN is set, so nothing is written'

/** The ERP host of a bridge. */
export async function hostOfBridge(bridge: BridgeAccess, messageId: string): Promise<ProbedHost> {
  const { erpHost: host } = bridge
  if (bridge.isDry) return { host, busy: dryRun }
  const stored = await bridge.states.load(messageId)
  const read = stored && readState(stored.body)
  const isWaiting = read && 'state' in read && isDue(read.state)
  return { host, ...(isWaiting && { busy: 'the bridge itself is about to write to this chat message' }) }
}

/**
 * Any host, by its URL. The bridge's own token goes to no other host than its own.
 * @param readToken asks the operator for the token
 */
export async function hostAt(url: string, settings: Settings, readToken: () => Promise<string>): Promise<ProbedHost> {
  const { ERP_BASE_URL, ERP_TOKEN, ERP_BUILD_ID: buildId, ERP_PACKAGE_ID: packageId, DRY_RUN } = settings
  const origin = URL.canParse(url) ? new URL(url).origin : undefined
  const isOurs = ERP_BASE_URL === undefined || new URL(ERP_BASE_URL).origin === origin
  const token = (isOurs ? ERP_TOKEN : undefined) ?? (await readToken())
  const { ERP_BASE_URL: baseUrl = url } = readSettings({ ERP_BASE_URL: url, ERP_TOKEN: token }, 'one machine')
  return { host: { baseUrl, buildId, packageId, session: fixedSession(token) }, ...(DRY_RUN && { busy: dryRun }) }
}
