import type { Settings } from '../../functions/settings/settings.ts'
import { erpBehavior } from '../../functions/state/erp/erp-behavior.ts'
import { openApiTokens } from '../../local/secrets/api-tokens.ts'
import { openSecrets } from '../../local/secrets/webhook-secrets.ts'
import { connectErp, urlOfSimulatedErp } from '../../local/server/connect-erp.ts'
import { openStorage } from '../../local/storage/storage.ts'
import { listenUrl } from '../../local/url.ts'
import { localLog } from '../trace/local-log.ts'
import type { BridgeAccess } from './bridge.ts'
import { localHealth } from './local-health.ts'

/**
 * The bridge on this machine, whether it runs or not.
 * @throws when its data can't be read
 */
export async function openLocalBridge(settings: Settings): Promise<BridgeAccess> {
  const { DATA_DIR, HOST, PORT, PUBLIC_URL, WEBHOOK_SECRETS, API_TOKENS, sources } = settings
  const data = openStorage(DATA_DIR)
  // What a killed command had in its hands is seen again at once.
  await data.releaseOfDeadProcesses()
  const secrets = openSecrets(DATA_DIR, WEBHOOK_SECRETS)
  const { erp, host } = connectErp(settings, urlOfSimulatedErp(settings))
  return {
    home: 'one machine',
    url: listenUrl(HOST, PORT),
    publicUrl: PUBLIC_URL,
    offlineHint: 'run npm start first',
    sources,
    secrets: {
      ...secrets,
      fixed: (source) =>
        Object.hasOwn(WEBHOOK_SECRETS, source)
          ? `WEBHOOK_SECRETS fixes the secrets of ${source}: change them there`
          : undefined,
      fixedToken: (source) =>
        Object.hasOwn(API_TOKENS, source) ? `API_TOKENS fixes the token of ${source}: change it there` : undefined,
      storeApiToken: openApiTokens(DATA_DIR).store,
    },
    states: data.states,
    queue: data.queue,
    deadLetters: data.deadLetters,
    queued: data.queue,
    notErasedNote: 'Backups that were made keep it, and the log its ids.',
    erp,
    host: erpBehavior(settings),
    erpHost: host,
    isDry: settings.DRY_RUN,
    log: localLog(DATA_DIR),
    health: async () => localHealth(settings, data),
    close: () => data.close(),
  }
}
