import { errorMessage } from '../local/error-messages.ts'
import { openLogFiles } from '../local/logging/log-files.ts'
import { createLog, teeLog } from '../local/logging/logfmt.ts'
import { startMetrics } from '../local/logging/metrics-summary.ts'
import { rateLimitedLog } from '../local/logging/rate-limited-log.ts'
import { connectErp, urlOfSimulatedErp } from '../local/server/connect-erp.ts'
import { readLocalSettings } from '../local/server/environment.ts'
import { startDelivery } from '../local/server/run-delivery.ts'
import { onShutdown } from '../local/server/shutdown.ts'
import { openStorage } from '../local/storage/storage.ts'
import { logStorageErrors } from '../local/storage/storage-errors.ts'

// What is kept here is other people's talk.
process.umask(0o077)

try {
  const settings = readLocalSettings()
  const data = openStorage(settings.DATA_DIR)
  const files = openLogFiles(settings.DATA_DIR)
  const log = rateLimitedLog(teeLog(createLog(console.log), files.log), Date.now)
  const { metrics, stop: stopMetrics } = startMetrics((fields) => log('metrics', fields))
  const { erp, keepSession } = connectErp(settings, urlOfSimulatedErp(settings), log, metrics)
  const letSessionGo = keepSession()
  data.database.watch(logStorageErrors(log, Date.now))
  const worker = await startDelivery(data, { settings, erp, clock: Date.now, log, metrics })
  console.log(`One more worker delivers what ${settings.DATA_DIR} holds`)
  onShutdown(async () => {
    await worker.stop()
    letSessionGo()
    data.close()
    stopMetrics()
    files.close()
  })
} catch (error) {
  console.error(`chatroom-bridge: ${errorMessage(error)}`)
  process.exit(1)
}
