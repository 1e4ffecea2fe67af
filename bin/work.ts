import { openData } from '../local/data.ts'
import { startDelivery } from '../local/delivery.ts'
import { endOrderly } from '../local/ending.ts'
import { settingsOfThisMachine } from '../local/environment.ts'
import { connectErp, urlOfSimulatedErp } from '../local/erp.ts'
import { explain } from '../local/explain.ts'
import { createLog, toAll } from '../local/log.ts'
import { openLogFiles } from '../local/log-files.ts'
import { startMetrics } from '../local/metrics.ts'
import { sparing } from '../local/sparing.ts'
import { reportTrouble } from '../local/trouble.ts'

// What is kept here is other people's talk.
process.umask(0o077)

try {
  const settings = settingsOfThisMachine()
  const data = openData(settings.DATA_DIR)
  const files = openLogFiles(settings.DATA_DIR)
  const log = sparing(toAll(createLog(console.log), files.log), Date.now)
  const { metrics, stop: stopMetrics } = startMetrics((fields) => log('metrics', fields))
  const { erp, keepSession } = connectErp(settings, urlOfSimulatedErp(settings), log, metrics)
  const letSessionGo = keepSession()
  data.database.watch(reportTrouble(log, Date.now))
  const worker = await startDelivery(data, { settings, erp, clock: Date.now, log, metrics })
  console.log(`One more worker delivers what ${settings.DATA_DIR} holds`)
  endOrderly(async () => {
    await worker.stop()
    letSessionGo()
    data.close()
    stopMetrics()
    files.close()
  })
} catch (error) {
  console.error(`chatroom-bridge: ${explain(error)}`)
  process.exit(1)
}
