import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../../functions/settings/settings.ts'
import { sessionUntil } from '../../local/secrets/erp-session.ts'
import type { Storage } from '../../local/storage/storage.ts'
import type { Health } from './health.ts'

/** Measures the bridge on this machine. */
export function localHealth(settings: Settings, { queue, deadLetters }: Storage): Health {
  const { DATA_DIR, ERP_USER, ERP_PASSWORD, ERP_LOGIN_VALID_SECONDS } = settings
  const { bavail, bsize } = statfsSync(DATA_DIR)
  const files = readdirSync(DATA_DIR, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const sizes = files.map(
    ({ parentPath, name }) => statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0,
  )
  const { waiting, delayed } = deadLetters.counts()
  const until = sessionUntil(DATA_DIR, ERP_LOGIN_VALID_SECONDS)
  return {
    queue: queue.counts(),
    deadLetters: waiting + delayed,
    disk: { data: sizes.reduce((sum, size) => sum + size, 0), free: bavail * bsize },
    session: !ERP_USER || !ERP_PASSWORD ? 'fixed' : until === undefined ? 'none yet' : { until },
  }
}
