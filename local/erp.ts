import { createErp, type Erp } from '../functions/erp/client.ts'
import { fixedSession } from '../functions/erp/session.ts'
import type { Settings } from '../functions/settings.ts'
import { urlHere } from './address.ts'

/** The token of the simulated ERP, where settings give none. */
const simulatedToken = 'simulated'

/** The token for the ERP of the settings, simulated or not. */
export function erpToken(settings: Settings): string {
  return settings.ERP_TOKEN ?? simulatedToken
}

/** Where the simulated ERP of the settings listens, unless they let it take a free port. */
export function urlOfSimulatedErp({ HOST, ERP_PORT }: Settings): string {
  return urlHere(HOST, ERP_PORT)
}

/**
 * A client of the ERP that the settings name.
 * @param simulatedUrl where the simulated one listens, when they name none
 */
export function erpOf(settings: Settings, simulatedUrl: string): Erp {
  return createErp({
    baseUrl: settings.ERP_BASE_URL ?? simulatedUrl,
    buildId: settings.ERP_BUILD_ID,
    packageId: settings.ERP_PACKAGE_ID,
    session: fixedSession(erpToken(settings)),
    clock: Date.now,
  })
}
