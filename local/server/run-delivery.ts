import { createDeliver } from '../../functions/deliver/deliver.ts'
import { createSweep } from '../../functions/deliver/sweep.ts'
import { withBreaker } from '../../functions/erp/circuit-breaker.ts'
import type { Erp } from '../../functions/erp/client.ts'
import { withErpMetrics } from '../../functions/erp/metrics.ts'
import { createProviderApis } from '../../functions/lookups/providers.ts'
import type { Clock, Log, Metrics } from '../../functions/ports/ports.ts'
import { deliverSeconds, type Settings } from '../../functions/settings/settings.ts'
import { erpBehavior } from '../../functions/state/erp/erp-behavior.ts'
import { errorMessage } from '../error-messages.ts'
import { openApiTokens } from '../secrets/api-tokens.ts'
import { retryWrites } from '../storage/retry-writes.ts'
import type { Storage } from '../storage/storage.ts'
import { startWorker, type Worker } from './queue-consumer.ts'

/** ms. */
const leaseFor = deliverSeconds * 1000
const sweepEvery = 5 * 60_000
/** How soon others notice that a process has ended; ms. */
const lookForGoneEvery = 500
const day = 24 * 3600_000

/**
 * Starts delivering what the queue holds: batches, the sweep, and what ended processes leave behind. Several processes may do
 * so on the same data.
 */
export async function startDelivery(
  data: Storage,
  { settings, erp, clock, log, metrics }: { settings: Settings; erp: Erp; clock: Clock; log: Log; metrics: Metrics },
): Promise<Worker> {
  const { instance, isDead, releaseOfDeadProcesses, queue, states } = data
  const tokens = openApiTokens(settings.DATA_DIR, settings.API_TOKENS)
  const ending = new AbortController()
  // What is in hand comes again by itself after the lease.
  const patient = retryWrites(data, { patience: leaseFor, signal: ending.signal })
  const deliver = createDeliver({
    ...patient,
    erp: withErpMetrics(withBreaker(erp, clock), metrics, clock),
    lookUps: createProviderApis(settings.sources, { tokens, clock }),
    clock,
    log,
    metrics,
    instance,
    isDead,
    leaseFor,
    random: Math.random,
    lostAnswerWait: settings.ERP_LOST_ANSWER_WAIT * 1000,
    spacing: settings.PUT_SPACING,
    maxAge: settings.MAX_AGE * day,
    host: erpBehavior(settings),
    isDry: settings.DRY_RUN,
  })
  const sweep = createSweep({ states, queue, clock, log })
  await releaseOfDeadProcesses()
  await sweep({ before: Number.POSITIVE_INFINITY })
  const every = (ms: number, work: () => Promise<unknown>) =>
    setInterval(() => work().catch((error) => log('failed', { error: errorMessage(error) })), ms)
  const timers = [every(sweepEvery, sweep), every(lookForGoneEvery, releaseOfDeadProcesses)]
  const { BATCH_SIZE: batchSize, MAX_CONCURRENCY: batches } = settings
  const worker = startWorker({ queue: patient.queue, deliver, clock, log, batchSize, batches, visibility: leaseFor })
  return {
    async stop() {
      ending.abort()
      for (const timer of timers) clearInterval(timer)
      await worker.stop()
    },
  }
}
