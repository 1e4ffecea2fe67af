import { createErp, type Erp } from '../functions/erp/client.ts'
import { fixedSession } from '../functions/erp/session.ts'
import type { Settings } from '../functions/settings.ts'

/** The token of the simulated ERP, where settings give none. */
const simulatedToken = 'simulated'

/** The token for the ERP of the settings, simulated or not. */
export function erpToken(settings: Settings): string {
  return settings.ERP_TOKEN ?? simulatedToken
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
