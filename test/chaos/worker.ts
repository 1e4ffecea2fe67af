import { createErp } from '../../functions/erp/client.ts'
import { erpTimeout } from './faults.ts'
import { partOfStory } from './part.ts'

// Runs in a process of its own: delivers until it is killed.
const { home, clock, log, erp: place, name } = partOfStory()
// Its name goes with every call, so that the ERP of the story knows whose it is.
const erp = createErp({ baseUrl: place.url, buildId: name, session: home.session, timeout: erpTimeout, clock })
await home.startDelivery({ erp, clock, log })
process.send?.({ ready: name })
