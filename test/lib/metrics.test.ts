import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { withBreaker } from '../../functions/erp/circuit-breaker.ts'
import { createErp } from '../../functions/erp/client.ts'
import { fixedSession } from '../../functions/erp/fixed-session.ts'
import { createLogin } from '../../functions/erp/login.ts'
import { withErpMetrics, withLoginMetrics, withSessionCheckMetrics } from '../../functions/erp/metrics.ts'
import { createVerifySession } from '../../functions/erp/verify-session.ts'
import { createIngest, type IngestDependencies } from '../../functions/ingest/ingest.ts'
import { createTelemetry } from '../../functions/lambda/telemetry.ts'
import { metrics as catalogue, dimensionOf, type MetricName } from '../../functions/ports/metrics.ts'
import type { Metrics } from '../../functions/ports/ports.ts'
import { erpBehavior } from '../../functions/state/erp/erp-behavior.ts'
import { encode, updatesMessage } from '../../functions/state/queue-message.ts'
import { startMetrics } from '../../local/logging/metrics-summary.ts'
import { type Fault, startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { apiEvent } from '../support/api-event.ts'
import { chatMessage, deliveryUnderTest } from '../support/delivery.ts'
import { at, done, noon, react, reopened, secret, unreact, update, webhook } from '../support/factories.ts'
import { written } from '../support/written.ts'

/** Every metric that some test has seen firing, with the values of its dimension. */
const seen = new Set<string>()

/** Metrics as they are told, by name and value of the dimension: the sum of what is counted, all of what is measured. */
function recorded() {
  const told = new Map<string, number[]>()
  const metrics: Metrics = (name, value, ...dimension) => {
    if (value === 0 && catalogue[name].unit === 'Count') return
    const key = [name, ...dimension].join(' ')
    seen.add(key)
    told.set(key, [...(told.get(key) ?? []), value])
  }
  return {
    metrics,
    sum: (key: string) => told.get(key)?.reduce((all, one) => all + one, 0),
    all: (key: string) => told.get(key),
  }
}

function ingestUnderTest(given: Partial<IngestDependencies> = {}) {
  const { metrics, sum } = recorded()
  const ingest = createIngest({
    sources: new Map([['generic', { name: 'generic', kind: 'generic', meanings: ['completed'] }]]),
    secrets: { of: async () => [secret] },
    queue: { send: async () => {} },
    clock: () => noon,
    log: () => {},
    metrics,
    limit: 1_000,
    ...given,
  })
  return { ingest, sum }
}

async function deliveryMeasured(given: Parameters<typeof deliveryUnderTest>[0] = {}) {
  const { metrics, sum, all } = recorded()
  const delivery = await deliveryUnderTest({ metrics, ...given })
  const { erp, clock } = delivery
  const client = createErp({ baseUrl: erp.url, session: fixedSession('token'), timeout: 200, clock })
  delivery.dependencies.erp = withErpMetrics(withBreaker(client, clock), metrics, clock)
  return { ...delivery, sum, all }
}

describe('a webhook request', () => {
  it('counts the events that it brings, and those that are ignored', async () => {
    const { ingest, sum } = ingestUnderTest()
    const events = [
      { id: 'a', type: 'done', messageId: 1 },
      { id: 'b', type: 'done', messageId: 2 },
      { id: 'c', type: 'react', emoji: '👍', messageId: 2 },
    ]
    await ingest(apiEvent(webhook(events)))
    expect([sum('Accepted'), sum('Ignored')]).toEqual([2, 1])
  })

  const event = { type: 'done', messageId: 1 }
  const rejections: [string, Parameters<typeof webhook>, Partial<IngestDependencies>?][] = [
    ['source', [event, { url: '/webhooks/other' }]],
    ['method', [event, { method: 'DELETE' }]],
    ['size', ['x'.repeat(1_001)]],
    ['signature', [event, { headers: { authorization: 'Bearer guessed' } }]],
    ['format', ['{']],
    ['content', [{ type: 'dine', messageId: 1 }]],
    ['unavailable', [event], { queue: { send: () => Promise.reject(new Error('full')) } }],
  ]
  it.each(rejections)('counts that it was rejected: %s', async (reason, request, given) => {
    const { ingest, sum } = ingestUnderTest(given)
    await ingest(apiEvent(webhook(...request)))
    expect([sum(`Rejected ${reason}`), sum('Accepted')]).toEqual([1, undefined])
  })
})

describe('a delivery', () => {
  it('counts what is folded, attempts, the PUTs that it sends and those that it saves, and how long it took', async () => {
    const { accept, run, pass, sum, all } = await deliveryMeasured()
    const first = update(reopened, { eventId: 'a', occurredAt: at(-3) })
    await accept(first, update(done, { eventId: 'b', occurredAt: at(-2) }), update(react('🎉')), first)
    pass(5_000)
    await run()
    expect([sum('Folded'), sum('Attempts'), sum('PutsSent'), sum('PutsSaved')]).toEqual([4, 1, 1, 3])
    expect(all('DeliveryLag')).toEqual([5_000, 5_000])
    // What it is told again, and what the ERP shows already, is saved too.
    await accept(first, update(react('🎉'), { actor: 'anna' }))
    await run()
    expect([sum('Folded'), sum('PutsSent'), sum('PutsSaved')]).toEqual([6, 1, 5])
  })

  it('measures the lag of what waited for a link from when it was linked', async () => {
    const { queue, run, pass, all } = await deliveryMeasured()
    const common = { source: 'generic', object: 'ticket-7', receivedAt: at(0), position: 0 }
    const objectUpdates = [{ ...common, eventId: 'e', change: done, hold: 7 * 24 * 3600_000 }]
    await queue.send(encode(updatesMessage({ objectUpdates })))
    await run()
    pass(2 * 3600_000)
    const link = { ...common, receivedAt: at(7_200), eventId: 'l', messageId: '42', present: true }
    await queue.send(encode(updatesMessage({ links: [link] })))
    await run()
    expect(all('DeliveryLag')).toEqual([0])
  })

  it('counts what is parked: refused, too old, and without room', async () => {
    const { accept, run, pass, erp, sum } = await deliveryMeasured()
    erp.fault = () => ({ kind: 'status', status: 422, body: '{}' })
    await accept(update(done))
    await run()
    expect(sum('Parked refused')).toBe(1)
    erp.fault = () => ({ kind: 'status', status: 503 })
    await accept(update(react('🎉')))
    await run()
    pass(8 * 24 * 3600_000)
    await run()
    expect(sum('Parked age')).toBe(1)
    const text = 'x'.repeat(60_000)
    await accept(...Array.from({ length: 8 }, (_, index) => update({ kind: 'text', text: `${index}${text}` })))
    await run()
    expect(sum('Parked full')).toBeGreaterThan(0)
  })

  it('counts refusals of so many chat messages in a row that the host itself may be wrong', async () => {
    const messages = Array.from({ length: 6 }, (_, index) => chatMessage({ id: index + 1 }))
    const { accept, run, pass, erp, sum } = await deliveryMeasured({ messages })
    const each = async () => {
      for (const { id } of messages.slice(0, 5)) {
        await accept(update(done, { messageId: `${id}`, occurredAt: at(-9) }))
        await run()
      }
    }
    // What one chat message is refused again and again says nothing of the host.
    erp.fault = ({ url }) => (url.endsWith('/1') ? { kind: 'status', status: 404, body: '{}' } : undefined)
    await each()
    expect(sum('RefusedInARow')).toBeUndefined()
    pass(1_000)
    erp.fault = () => ({ kind: 'status', status: 404, body: '{}' })
    for (const { id } of messages) {
      await accept(update(reopened, { messageId: `${id}`, occurredAt: at(-8) }))
      await run()
    }
    expect(sum('RefusedInARow')).toBe(2)
  })

  it('counts what no PUT can say to the host', async () => {
    const { accept, run, sum } = await deliveryMeasured({
      host: erpBehavior({ ERP_PUT: 'changes', ERP_LISTS: 'added', ERP_READ: 'always' }),
    })
    await accept(update(react('🎉'), { occurredAt: at(-9) }))
    await run()
    await accept(update(unreact('🎉'), { occurredAt: at(-8) }))
    await run()
    expect(sum('Parked impossible')).toBe(1)
  })

  const failures: [string, Fault][] = [
    ['session', { kind: 'status', status: 401 }],
    ['429', { kind: 'status', status: 429 }],
    ['4xx', { kind: 'status', status: 404, body: '{}' }],
    ['5xx', { kind: 'status', status: 500 }],
    ['none', { kind: 'silence' }],
  ]
  it.each(failures)('measures the ERP’s calls, and counts those that end in %s', async (answer, fault) => {
    const { accept, run, erp, all, sum } = await deliveryMeasured()
    erp.fault = () => fault
    await accept(update(done))
    await run()
    expect([sum(`ErpFailures ${answer}`), all('ErpLatency')?.length]).toEqual([1, 1])
  })

  it('counts the calls that are not made while the ERP counts as dead', async () => {
    const messages = Array.from({ length: 8 }, (_, index) => chatMessage({ id: index + 1 }))
    const { accept, run, erp, sum, all } = await deliveryMeasured({ messages })
    erp.fault = () => ({ kind: 'status', status: 500 })
    for (const { id } of messages) {
      await accept(update(done, { messageId: `${id}` }))
      await run()
    }
    expect([all('ErpLatency')?.length, sum('BreakerOpen')]).toEqual([5, 3])
  })
})

it('logins are counted, and how they ended', async () => {
  const { metrics, sum } = recorded()
  const users = { anna: 'right' }
  const erp = await startSimulatedErp({ messages: [], token: 'token', users })
  onTestFinished(erp.stop)
  const login = withLoginMetrics(createLogin({ baseUrl: erp.url, validSeconds: 3_600, clock: Date.now }), metrics)
  for (const password of ['right', 'wrong']) await login({ username: 'anna', password })
  expect([sum('SessionRenewals renewed'), sum('SessionRenewals failed')]).toEqual([1, 1])
})

it('a session that the ERP gives and then refuses, or that could not be tried, is counted as a renewal that failed', async () => {
  const { metrics, sum } = recorded()
  const erp = await startSimulatedErp({ messages: [], token: 'token' })
  onTestFinished(erp.stop)
  const trySession = withSessionCheckMetrics(createVerifySession({ baseUrl: erp.url }), metrics)
  expect(await trySession('token')).toEqual({ kind: 'accepted' })
  expect(sum('SessionRenewals failed') ?? 0).toBe(0)
  expect(await trySession('other')).toMatchObject({ kind: 'refused' })
  expect(sum('SessionRenewals failed')).toBe(1)
})

describe('metrics on AWS', () => {
  it('are one line of a webhook, in CloudWatch’s embedded metric format', async () => {
    const lines = written(process.stdout)
    const { log, metrics, published } = createTelemetry('dev')
    await published(async () => {
      log('webhook', { trace: 't', status: 202, ids: ['e'] })
      metrics('Accepted', 1)
    })(undefined)
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            { Namespace: 'ChatroomBridge', Dimensions: [['service']], Metrics: [{ Name: 'Accepted', Unit: 'Count' }] },
          ],
        },
        message: 'webhook',
        trace: 't',
        status: 202,
        ids: ['e'],
        service: 'dev',
        Accepted: 1,
      },
    ])
  })

  it('are summed up or listed over a batch, with a line for each value of a dimension, also where the batch fails', async () => {
    const lines = written(process.stdout)
    const { metrics, published } = createTelemetry('dev')
    const failing = published(async () => {
      for (const lag of [5, 0, 7]) metrics('DeliveryLag', lag)
      metrics('Attempts', 2)
      metrics('Attempts', 3)
      metrics('PutsSent', 0)
      metrics('Parked', 1, 'refused')
      metrics('Parked', 1, 'age')
      metrics('Parked', 1, 'refused')
      metrics('ErpFailures', 1, '5xx')
      throw new Error('time is up')
    })
    await expect(failing(undefined)).rejects.toThrow('time is up')
    const told = lines.map((line) => {
      const { _aws, service, ...values } = JSON.parse(line)
      const [{ Dimensions, Metrics }] = _aws.CloudWatchMetrics
      expect([
        Metrics.map(({ Name }: { Name: string }) => Name).every((name: string) => name in values),
        service,
      ]).toEqual([true, 'dev'])
      return { Dimensions, ...values }
    })
    expect(told).toEqual([
      { Dimensions: [['service']], DeliveryLag: [5, 0, 7], Attempts: 5 },
      { Dimensions: [['service', 'reason']], reason: 'refused', Parked: 2 },
      { Dimensions: [['service', 'reason']], reason: 'age', Parked: 1 },
      { Dimensions: [['service', 'answer']], answer: '5xx', ErpFailures: 1 },
    ])
  })

  it('are not published where nothing happened, and what went wrong is an ERROR', async () => {
    const [lines, errors] = [written(process.stdout), written(process.stderr)]
    const { log, published } = createTelemetry('dev')
    await published(async () => {})(undefined)
    await published(async () => log('webhook', { status: 200 }))(undefined)
    log('failed', { error: 'TimeoutError' })
    expect(lines.map((line) => JSON.parse(line))).toEqual([{ message: 'webhook', status: 200 }])
    expect(JSON.parse(errors[0] ?? '')).toMatchObject({ level: 'ERROR', message: 'failed', error: 'TimeoutError' })
  })
})

describe('metrics on one machine', () => {
  it('are one line a minute where anything happened, and one at the end', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const lines: object[] = []
    const { metrics, stop } = startMetrics((fields) => lines.push(fields))
    vi.advanceTimersByTime(60_000)
    for (let lag = 1; lag <= 100; lag += 1) metrics('DeliveryLag', lag)
    metrics('Rejected', 1, 'signature')
    metrics('Rejected', 1, 'signature')
    vi.advanceTimersByTime(180_000)
    metrics('Accepted', 3)
    stop()
    const lag = { 'DeliveryLag.count': 100, 'DeliveryLag.p95': 95, 'DeliveryLag.max': 100 }
    expect(lines).toEqual([{ ...lag, 'Rejected.signature': 2 }, { Accepted: 3 }])
  })
})

afterAll(() => {
  const names = Object.keys(catalogue) as MetricName[]
  const all = names.flatMap((name) => dimensionOf(name)?.values.map((value) => `${name} ${value}`) ?? [name])
  expect(
    all.filter((key) => !seen.has(key)),
    'metrics that no test of this file has seen firing',
  ).toEqual([])
})
