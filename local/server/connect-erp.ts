import type { ErpHost } from '../../functions/erp/api.ts'
import { createErp, type Erp } from '../../functions/erp/client.ts'
import { fixedSession } from '../../functions/erp/fixed-session.ts'
import { createLogin } from '../../functions/erp/login.ts'
import { withLoginMetrics } from '../../functions/erp/metrics.ts'
import type { Clock, ErpSession, Log, Metrics } from '../../functions/ports/ports.ts'
import type { Settings } from '../../functions/settings/settings.ts'
import { openSession } from '../secrets/erp-session.ts'
import { listenUrl } from '../url.ts'

/** The token of the simulated ERP, where settings give none. */
const simulatedToken = 'simulated'

/** The token for the ERP of the settings, simulated or not. */
export function erpToken(settings: Settings): string {
  return settings.ERP_TOKEN ?? simulatedToken
}

/** Where the simulated ERP of the settings listens, unless they let it take a free port. */
export function urlOfSimulatedErp({ HOST, ERP_PORT }: Settings): string {
  return listenUrl(HOST, ERP_PORT)
}

/** Who may log in to the simulated ERP of the settings: the user that they give. */
export function simulatedUsers({ ERP_USER, ERP_PASSWORD }: Settings): Record<string, string> {
  return ERP_USER && ERP_PASSWORD ? { [ERP_USER]: ERP_PASSWORD } : {}
}

/** A client of an ERP, in a session that whoever runs for long keeps alive. */
type Connection = {
  erp: Erp
  /** Where it is, and what lets one in. */
  host: ErpHost & { session: ErpSession }
  /** Logs in now where there is no session, and renews it in good time. @returns what ends that */
  keepSession(): () => void
}

/**
 * Connects to the ERP that the settings name, with their token, or logged in as their user.
 * @param simulatedUrl where the simulated one listens, when they name none
 */
export function connectErp(
  settings: Settings,
  simulatedUrl: string,
  log: Log = () => {},
  metrics: Metrics = () => {},
  clock: Clock = Date.now,
): Connection {
  const host: ErpHost = {
    baseUrl: settings.ERP_BASE_URL ?? simulatedUrl,
    buildId: settings.ERP_BUILD_ID,
    packageId: settings.ERP_PACKAGE_ID,
  }
  const { ERP_USER: username, ERP_PASSWORD: password, ERP_LOGIN_VALID_SECONDS: validSeconds, DATA_DIR } = settings
  if (!username || !password) {
    const session = fixedSession(erpToken(settings))
    return { erp: createErp({ ...host, session, clock, log }), host: { ...host, session }, keepSession: () => () => {} }
  }
  const session = openSession({
    folder: DATA_DIR,
    erp: host.baseUrl,
    credentials: { username, password },
    login: withLoginMetrics(createLogin({ ...host, validSeconds, clock }), metrics),
    validSeconds,
    clock,
    log,
  })
  return { erp: createErp({ ...host, session, clock, log }), host: { ...host, session }, keepSession: session.keep }
}
