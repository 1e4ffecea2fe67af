import type { Log } from '../../functions/ports/ports.ts'
import type { Settings } from '../../functions/settings/settings.ts'
import { openLogFiles } from '../logging/log-files.ts'
import { teeLog } from '../logging/logfmt.ts'
import { startMetrics } from '../logging/metrics-summary.ts'
import { rateLimitedLog } from '../logging/rate-limited-log.ts'
import { openStorage } from '../storage/storage.ts'
import { logStorageErrors } from '../storage/storage-errors.ts'
import { connectErp, urlOfSimulatedErp } from './connect-erp.ts'
import type { Worker } from './queue-consumer.ts'
import { startDelivery } from './run-delivery.ts'

/**
 * Starts delivering from the data of a folder, beside the one bridge that receives webhooks there.
 * @throws when the data cannot be read
 */
export async function startWorkerProcess(settings: Settings, writeLog: Log): Promise<Worker> {
  const storage = openStorage(settings.DATA_DIR)
  const files = openLogFiles(settings.DATA_DIR)
  const log = rateLimitedLog(teeLog(writeLog, files.log), Date.now)
  const { metrics, stop: stopMetrics } = startMetrics((fields) => log('metrics', fields))
  const { erp, keepSession } = connectErp(settings, urlOfSimulatedErp(settings), log, metrics)
  const stopSession = keepSession()
  storage.database.watch(logStorageErrors(log, Date.now))
  const delivery = await startDelivery(storage, { settings, erp, clock: Date.now, log, metrics })
  return {
    async stop() {
      await delivery.stop()
      stopSession()
      storage.close()
      stopMetrics()
      files.close()
    },
  }
}
