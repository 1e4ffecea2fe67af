import { randomUUID } from 'node:crypto'
import type { Log } from '../functions/core/ports.ts'
import { createDeliver } from '../functions/deliver.ts'
import { withBreaker } from '../functions/erp/breaker.ts'
import { createIngest } from '../functions/ingest.ts'
import { bodyLimit } from '../functions/receive.ts'
import { deliverSeconds, type Settings } from '../functions/settings.ts'
import { createSweep } from '../functions/sweep.ts'
import { openDatabase } from './database.ts'
import { erpOf, erpToken } from './erp.ts'
import { openFrontDoor } from './front-door.ts'
import { lock } from './lock.ts'
import { createSqliteMessageStates } from './message-state.ts'
import { createSqliteQueue } from './queue.ts'
import { openSecrets, type SecretsFile } from './secrets.ts'
import { startSimulatedErp } from './simulated-erp.ts'
import { simulatedMessages } from './simulated-messages.ts'
import { startWorker } from './worker.ts'

/** ms. */
const leaseFor = deliverSeconds * 1000
const sweepEvery = 5 * 60_000
const day = 24 * 3600_000

/** The bridge while it runs on this machine. */
export type Bridge = {
  url: string
  secrets: SecretsFile
  /** Present when settings name no host. */
  simulatedErp?: { url: string; token: string }
  /** Takes no new webhooks and waits for what is in flight; what would take too long goes on at the next start. */
  stop(): Promise<void>
}

/**
 * Starts the whole bridge on this machine.
 * @throws with a message that says what to do: the data are in use, can't be read, or a port is taken
 */
export async function startBridge(settings: Settings, log: Log): Promise<Bridge> {
  const { DATA_DIR, HOST, PORT, ERP_PORT, sources } = settings
  const stops: (() => void | Promise<void>)[] = []
  const stop = async () => {
    for (const stopOne of stops.reverse().splice(0)) await stopOne()
  }
  try {
    stops.push(lock(DATA_DIR))
    const database = openDatabase(DATA_DIR)
    stops.push(() => database.close())
    const instance = randomUUID()
    const clock = Date.now
    const queues = { clock, receiver: instance }
    const queue = createSqliteQueue(database, { ...queues, name: 'events', deadLetters: 'dead letters' })
    const deadLetters = createSqliteQueue(database, { ...queues, name: 'dead letters' })
    const states = createSqliteMessageStates(database)
    const secrets = openSecrets(DATA_DIR, settings.WEBHOOK_SECRETS)
    for (const source of sources.keys()) if ((await secrets.of(source)).length === 0) secrets.add(source)

    const token = erpToken(settings)
    const simulated = settings.ERP_BASE_URL
      ? undefined
      : await startSimulatedErp({ ...simulatedMessages(DATA_DIR), token, host: HOST, port: ERP_PORT })
    if (simulated) stops.push(simulated.stop)

    const deliver = createDeliver({
      erp: withBreaker(erpOf(settings, simulated?.url ?? ''), clock),
      states,
      queue,
      deadLetters,
      clock,
      log,
      instance,
      // One bridge runs on these data, so whoever else holds a lease is dead.
      isGone: (holder) => holder !== instance,
      leaseFor,
      random: Math.random,
      lostAnswerWait: settings.ERP_LOST_ANSWER_WAIT * 1000,
      spacing: settings.PUT_SPACING,
      maxAge: settings.MAX_AGE * day,
      host: { clears: settings.ERP_PUT === 'whole' },
    })
    const sweep = createSweep({ states, queue, clock, log })
    await queue.releaseOthers()
    await sweep({ before: Number.POSITIVE_INFINITY })
    const sweeping = setInterval(() => sweep().catch((error) => log('failed', { error: String(error) })), sweepEvery)
    stops.push(() => clearInterval(sweeping))
    const { BATCH_SIZE: batchSize, MAX_CONCURRENCY: batches } = settings
    const worker = startWorker({ queue, deliver, clock, log, batchSize, batches, visibility: leaseFor })
    stops.push(worker.stop)
    const ingest = createIngest({ sources, secrets, queue, clock, log })
    const door = await openFrontDoor({ ingest, host: HOST, port: PORT, limit: bodyLimit })
    stops.push(door.stop)
    return { url: door.url, secrets, ...(simulated && { simulatedErp: { url: simulated.url, token } }), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
