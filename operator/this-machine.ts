import type { Settings } from '../functions/settings.ts'
import { urlHere } from '../local/address.ts'
import { openData } from '../local/data.ts'
import { erpOf, urlOfSimulatedErp } from '../local/erp.ts'
import { openSecrets } from '../local/secrets.ts'
import type { Home } from './home.ts'
import { logHere } from './log-here.ts'

/**
 * The bridge on this machine, whether it runs or not.
 * @throws when its data can't be read
 */
export async function thisMachine(settings: Settings): Promise<Home> {
  const { DATA_DIR, HOST, PORT, WEBHOOK_SECRETS, sources } = settings
  const data = openData(DATA_DIR)
  // What a killed command had in its hands is seen again at once.
  await data.releaseGone()
  const secrets = openSecrets(DATA_DIR, WEBHOOK_SECRETS)
  return {
    url: urlHere(HOST, PORT),
    whenSilent: 'run npm start first',
    sources,
    secrets: {
      of: (source) => secrets.of(source),
      add: async (source, secret) => secrets.add(source, secret),
      retire: async (source) => secrets.retire(source),
      fixed: (source) =>
        Object.hasOwn(WEBHOOK_SECRETS, source)
          ? `WEBHOOK_SECRETS fixes the secrets of ${source}: change them there`
          : undefined,
    },
    states: data.states,
    queue: data.queue,
    deadLetters: data.deadLetters,
    erp: erpOf(settings, urlOfSimulatedErp(settings)),
    log: logHere(DATA_DIR),
    close: () => data.close(),
  }
}
