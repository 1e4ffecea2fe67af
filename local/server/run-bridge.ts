import { createIngest } from '../../functions/ingest/ingest.ts'
import type { Log, WebhookSecrets } from '../../functions/ports/ports.ts'
import { bodyLimit } from '../../functions/receive/receive.ts'
import type { Settings } from '../../functions/settings/settings.ts'
import { learnsSecret } from '../../functions/sources/registry.ts'
import { lock } from '../files/process-lock.ts'
import { openLogFiles } from '../logging/log-files.ts'
import { teeLog } from '../logging/logfmt.ts'
import { startMetrics } from '../logging/metrics-summary.ts'
import { rateLimitedLog } from '../logging/rate-limited-log.ts'
import { openSecrets } from '../secrets/webhook-secrets.ts'
import { simulatedMessages } from '../simulated-erp/messages.ts'
import { startSimulatedErp } from '../simulated-erp/server.ts'
import { databasePath } from '../storage/database.ts'
import { assertIntact } from '../storage/integrity.ts'
import { openStorage } from '../storage/storage.ts'
import { logStorageErrors } from '../storage/storage-errors.ts'
import { connectErp, erpToken, simulatedUsers } from './connect-erp.ts'
import { openWebhookServer } from './http-server.ts'
import { startDelivery } from './run-delivery.ts'

/** The bridge while it runs on this machine. */
export type RunningBridge = {
  url: string
  secrets: WebhookSecrets
  /** Present when settings name no host. */
  simulatedErp?: { url: string; token: string }
  /** Takes no new webhooks and waits for what is in flight; what would take too long goes on at the next start. */
  stop(): Promise<void>
}

/**
 * Starts the whole bridge on this machine.
 * @param open opens the data, once they are known to be whole
 * @throws with a message that says what to do: the data are in use, can't be read, or a port is taken
 */
export async function startBridge(settings: Settings, writeLog: Log, open = openStorage): Promise<RunningBridge> {
  const { DATA_DIR, HOST, PORT, ERP_PORT, sources } = settings
  const stops: (() => void | Promise<void>)[] = []
  const stop = async () => {
    for (const stopOne of stops.reverse().splice(0)) await stopOne()
  }
  try {
    stops.push(lock(DATA_DIR))
    assertIntact(databasePath(DATA_DIR))
    const clock = Date.now
    const files = openLogFiles(DATA_DIR)
    stops.push(files.close)
    const log = rateLimitedLog(teeLog(writeLog, files.log), clock)
    const { metrics, stop: stopMetrics } = startMetrics((fields) => log('metrics', fields))
    stops.push(stopMetrics)
    const data = open(DATA_DIR, clock)
    stops.push(() => data.close())
    data.database.watch(logStorageErrors(log, clock))
    const secrets = openSecrets(DATA_DIR, settings.WEBHOOK_SECRETS)
    for (const { name, kind } of sources.values()) {
      if (!learnsSecret(kind) && (await secrets.of(name)).length === 0) await secrets.add(name)
    }

    const token = erpToken(settings)
    const simulated = settings.ERP_BASE_URL
      ? undefined
      : await startSimulatedErp({
          ...simulatedMessages(DATA_DIR),
          token,
          users: simulatedUsers(settings),
          host: HOST,
          port: ERP_PORT,
        })
    if (simulated) stops.push(simulated.stop)

    const { erp, keepSession } = connectErp(settings, simulated?.url ?? '', log, metrics)
    stops.push(keepSession())
    const delivery = await startDelivery(data, { settings, erp, clock, log, metrics })
    stops.push(delivery.stop)
    const ingest = createIngest({
      sources,
      secrets,
      queue: data.queue,
      clock,
      log,
      metrics,
      publicUrl: settings.PUBLIC_URL,
    })
    const door = await openWebhookServer({ ingest, host: HOST, port: PORT, limit: bodyLimit })
    stops.push(door.stop)
    return { url: door.url, secrets, ...(simulated && { simulatedErp: { url: simulated.url, token } }), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
