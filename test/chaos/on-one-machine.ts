import type { Clock } from '../../functions/core/ports.ts'
import { fixedSession } from '../../functions/erp/session.ts'
import { readSettings } from '../../functions/settings.ts'
import { openData } from '../../local/data.ts'
import { startDelivery } from '../../local/delivery.ts'
import { erpToken, type Home, webhookSecret } from './home.ts'

/** The home on one machine, as `npm start` and `npm run worker` put it together, but for the clock. */
export function openHere(folder: string, clock: Clock): Home {
  const data = openData(folder, clock)
  const count = data.database.sqlite.prepare("SELECT count(*) AS queued FROM messages WHERE queue = 'events'")
  return {
    ...data,
    secrets: { of: async () => [webhookSecret] },
    session: fixedSession(erpToken),
    queued: async () => (count.get() as { queued: number }).queued,
    startDelivery: (dependencies) =>
      startDelivery(data, { settings: readSettings({}, 'one machine'), metrics: () => {}, ...dependencies }),
  }
}
