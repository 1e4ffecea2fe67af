import { openData } from '../local/data.ts'
import { startDelivery } from '../local/delivery.ts'
import { endOrderly } from '../local/ending.ts'
import { settingsOfThisMachine } from '../local/environment.ts'
import { connectErp, urlOfSimulatedErp } from '../local/erp.ts'
import { explain } from '../local/explain.ts'
import { createLog } from '../local/log.ts'
import { sparing } from '../local/sparing.ts'
import { reportTrouble } from '../local/trouble.ts'

// What is kept here is other people's talk.
process.umask(0o077)

try {
  const settings = settingsOfThisMachine()
  const data = openData(settings.DATA_DIR)
  const log = sparing(createLog(console.log), Date.now)
  const { erp, keepSession } = connectErp(settings, urlOfSimulatedErp(settings), log)
  const letSessionGo = keepSession()
  data.database.watch(reportTrouble(log, Date.now))
  const worker = await startDelivery(data, { settings, erp, clock: Date.now, log })
  console.log(`One more worker delivers what ${settings.DATA_DIR} holds`)
  endOrderly(async () => {
    await worker.stop()
    letSessionGo()
    data.close()
  })
} catch (error) {
  console.error(`chatroom-bridge: ${explain(error)}`)
  process.exit(1)
}
