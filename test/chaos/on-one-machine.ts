import { fixedSession } from '../../functions/erp/fixed-session.ts'
import { createLogin } from '../../functions/erp/login.ts'
import type { Clock } from '../../functions/ports/ports.ts'
import { readSettings } from '../../functions/settings/settings.ts'
import { openSession } from '../../local/secrets/erp-session.ts'
import { startDelivery } from '../../local/server/run-delivery.ts'
import { openStorage } from '../../local/storage/storage.ts'
import { erpTimeout } from './faults.ts'
import { type ErpOfStory, erpToken, type Home, webhookSecret } from './home.ts'

/** Seconds that a session is said to last, and never does. */
const validSeconds = 86_400

/** The home on one machine, as `npm start` and `npx chatroom-bridge worker` put it together, but for the clock. */
export function openHere(folder: string, { url, credentials }: ErpOfStory, clock: Clock): Home {
  const data = openStorage(folder, clock)
  const count = data.database.sqlite.prepare("SELECT count(*) AS queued FROM messages WHERE queue = 'events'")
  return {
    ...data,
    secrets: { of: async () => [webhookSecret] },
    session: credentials
      ? openSession({
          folder,
          erp: url,
          credentials,
          login: createLogin({ baseUrl: url, validSeconds, timeout: erpTimeout, clock }),
          validSeconds,
          clock,
          log: () => {},
        })
      : fixedSession(erpToken),
    queued: async () => (count.get() as { queued: number }).queued,
    startDelivery: (dependencies) =>
      startDelivery(data, { settings: readSettings({}, 'one machine'), metrics: () => {}, ...dependencies }),
  }
}
