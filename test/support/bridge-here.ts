import { onTestFinished } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import { createLog } from '../../local/logging/logfmt.ts'
import { startBridge } from '../../local/server/run-bridge.ts'
import type { SimulatedErp } from '../../local/simulated-erp/server.ts'
import { openStorage, type Storage } from '../../local/storage/storage.ts'
import { secret } from './factories.ts'

/** A bridge in this process, so that a test can get at its connection to the database. */
export async function startBridgeHere(folder: string, erp: Pick<SimulatedErp, 'url'>) {
  const settings = readSettings(
    {
      DATA_DIR: folder,
      PORT: '0',
      ERP_BASE_URL: erp.url,
      ERP_TOKEN: 'token',
      PUT_SPACING: '0',
      WEBHOOK_SECRETS: JSON.stringify({ generic: [secret], github: [secret] }),
    },
    'one machine',
  )
  const log: string[] = []
  const opened: Storage[] = []
  const bridge = await startBridge(
    settings,
    createLog((line) => log.push(line)),
    (...args) => {
      const data = openStorage(...args)
      opened.push(data)
      return data
    },
  )
  onTestFinished(() => bridge.stop())
  const { sqlite } = (opened[0] as Storage).database
  return {
    url: bridge.url,
    stop: bridge.stop,
    log,
    /** Changes what the bridge's own connection may do, which SQLite answers as it answers a disk. */
    pragma: (text: string) => sqlite.exec(`PRAGMA ${text}`),
    count: (query: string) => (sqlite.prepare(query).get() as { count: number }).count,
  }
}
