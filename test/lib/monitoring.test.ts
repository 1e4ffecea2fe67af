import { readFileSync } from 'node:fs'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it, onTestFinished } from 'vitest'
import cdk from '../../cdk.json' with { type: 'json' }
import { createDeliver } from '../../functions/deliver/deliver.ts'
import { withBreaker } from '../../functions/erp/circuit-breaker.ts'
import { createErp } from '../../functions/erp/client.ts'
import { fixedSession } from '../../functions/erp/fixed-session.ts'
import { createLogin } from '../../functions/erp/login.ts'
import { withErpMetrics, withLoginMetrics } from '../../functions/erp/metrics.ts'
import { createIngest } from '../../functions/ingest/ingest.ts'
import { createTelemetry } from '../../functions/lambda/telemetry.ts'
import { metrics as catalogue, dimensionOf, type MetricName } from '../../functions/ports/metrics.ts'
import { readSettings } from '../../functions/settings/settings.ts'
import { erpBehavior } from '../../functions/state/erp/erp-behavior.ts'
import { BridgeStack } from '../../lib/bridge-stack.ts'
import { type Fault, startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { apiEvent } from '../support/api-event.ts'
import { type AlarmProperties, type Datapoint, datapointsIn, goesOff, metricsOf } from '../support/cloudwatch.ts'
import { chatMessage, deliveryUnderTest, record } from '../support/delivery.ts'
import { at, done, noon, react, secret, unreact, update, webhook } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { written } from '../support/written.ts'

const stackName = 'chatroom-bridge-test'
const minute = 60_000
const day = 24 * 60 * minute

function templateOf(settings: Record<string, unknown> = {}): Template {
  const given = { ERP_BASE_URL: 'https://club.iw-erp.de', SOURCES: { generic: { kind: 'generic' } }, ...settings }
  const app = new App({
    outdir: temporaryFolder({ forAllTests: true }),
    context: { ...cdk.context, 'aws:cdk:bundling-stacks': [] },
  })
  return Template.fromStack(new BridgeStack(app, stackName, { settings: readSettings(given, 'AWS') }))
}

function alarmsIn(template: Template): Map<string, AlarmProperties> {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
  return new Map(
    alarms.map(({ Properties }) => [String(Properties['AlarmName']).slice(stackName.length + 1), Properties as never]),
  )
}

/** Those of a bridge that has everything. */
const alarms = alarmsIn(templateOf({ ERP_LOGIN: true }))

/** What the functions emit, line by line, each in the period that a story has come to. */
function emitting() {
  const lines = written(process.stdout)
  const { metrics, published } = createTelemetry(stackName)
  const datapoints: Datapoint[] = []
  let period = 0
  return {
    metrics,
    /** What AWS itself counts. */
    counted: (of: string, name: string, value: number) => datapoints.push(ofAws(of, name, value, period)),
    async nextPeriod() {
      await published(async () => {})(undefined)
      datapoints.push(...lines.splice(0).flatMap((line) => datapointsIn(line, period)))
      period += 1
    },
    datapoints,
  }
}
type Emitting = ReturnType<typeof emitting>

/** A value of AWS's own, with the dimensions that the alarm has in the template: what it counts is not up to us. */
function ofAws(alarm: string, name: string, value: number, period: number): Datapoint {
  const metric = metricsOf(alarms.get(alarm) as AlarmProperties).find(({ MetricName }) => MetricName === name)
  const dimensions = Object.fromEntries((metric?.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]))
  return { namespace: metric?.Namespace ?? '', name, dimensions, value, period }
}

async function delivering({ metrics }: Emitting, count = 1) {
  const messages = Array.from({ length: count }, (_, index) => chatMessage({ id: 42 + index }))
  const delivery = await deliveryUnderTest({ messages, metrics })
  const { erp, clock } = delivery
  const client = createErp({ baseUrl: erp.url, session: fixedSession('token'), timeout: 200, clock })
  delivery.dependencies.erp = withErpMetrics(withBreaker(client, clock), metrics, clock)
  const everyMessage = (given = {}) => messages.map(({ id }) => update(done, { messageId: `${id}`, ...given }))
  return { ...delivery, everyMessage }
}

function ingesting({ metrics }: Emitting, send = async () => {}) {
  return createIngest({
    sources: new Map([['generic', { name: 'generic', kind: 'generic' }]]),
    secrets: { of: async () => [secret] },
    queue: { send },
    clock: () => noon,
    log: () => {},
    metrics,
  })
}

/** The ERP refuses or fails every call for one period. */
async function failing(emitted: Emitting, fault: Fault, count = 1): Promise<void> {
  const { erp, accept, run, everyMessage } = await delivering(emitted, count)
  erp.fault = () => fault
  await accept(...everyMessage())
  await run()
  await emitted.nextPeriod()
}

/** How each alarm's condition comes about. */
const stories: Record<string, (emitted: Emitting) => Promise<void>> = {
  async 'dead-letters'(emitted) {
    const { deadLetters, dependencies } = await delivering(emitted)
    await createDeliver(dependencies)({ Records: [record('{')] })
    const letters = await deadLetters.receive({ max: 10, visibility: 1_000 })
    emitted.counted('dead-letters', 'ApproximateNumberOfMessagesVisible', letters.length)
    await emitted.nextPeriod()
  },
  refused: (emitted) => failing(emitted, { kind: 'status', status: 422, body: '{}' }),
  async 'too-old'(emitted) {
    const { erp, accept, run, pass, everyMessage } = await delivering(emitted)
    erp.fault = () => ({ kind: 'status', status: 503 })
    await accept(...everyMessage())
    await run()
    pass(8 * day)
    await run()
    await emitted.nextPeriod()
  },
  async full(emitted) {
    const { erp, accept, run } = await delivering(emitted)
    erp.fault = () => ({ kind: 'status', status: 503 })
    const text = 'x'.repeat(60_000)
    const texts = Array.from({ length: 8 }, (_, index) => update({ kind: 'text', text: `${index}${text}` }))
    await accept(...texts)
    await run()
    await emitted.nextPeriod()
  },
  'refused-in-a-row': (emitted) => failing(emitted, { kind: 'status', status: 404, body: '{}' }, 5),
  async lag(emitted) {
    const { erp, accept, run, pass, clock } = await delivering(emitted)
    for (const change of [done, react('🎉')]) {
      erp.fault = () => ({ kind: 'status', status: 503 })
      await accept(update(change, { receivedAt: new Date(clock()).toISOString() }))
      await run()
      pass(30 * minute)
      erp.fault = undefined
      await run()
      await emitted.nextPeriod()
    }
  },
  async 'erp-unreachable'(emitted) {
    // One chat message with a call each quarter of an hour, which no breaker keeps from being made.
    const { erp, accept, run, pass, everyMessage } = await delivering(emitted)
    erp.fault = () => ({ kind: 'status', status: 500 })
    await accept(...everyMessage())
    for (let period = 0; period < 2; period += 1) {
      await run()
      pass(15 * minute)
      await emitted.nextPeriod()
    }
  },
  async impossible(emitted) {
    const { accept, run, dependencies } = await delivering(emitted)
    dependencies.host = erpBehavior({ ERP_PUT: 'changes', ERP_LISTS: 'added', ERP_READ: 'always' })
    for (const [seconds, change] of [
      [-9, react('🎉')],
      [-8, unreact('🎉')],
    ] as const) {
      await accept(update(change, { occurredAt: at(seconds) }))
      await run()
    }
    await emitted.nextPeriod()
  },
  async 'renewal-failed'(emitted) {
    const erp = await startSimulatedErp({ messages: [], token: 'token', users: { anna: 'right' } })
    onTestFinished(erp.stop)
    const login = createLogin({ baseUrl: erp.url, validSeconds: 3_600, clock: Date.now })
    await withLoginMetrics(login, emitted.metrics)({ username: 'anna', password: 'wrong' })
    await emitted.nextPeriod()
  },
  'session-refused': (emitted) => failing(emitted, { kind: 'status', status: 401 }, 3),
  async 'webhooks-refused'(emitted) {
    const ingest = ingesting(emitted)
    const guessed = webhook({ type: 'done', messageId: 42 }, { headers: { authorization: 'Bearer guessed' } })
    for (let period = 0; period < 3; period += 1) {
      for (let count = 0; count < 20; count += 1) await ingest(apiEvent(guessed))
      await emitted.nextPeriod()
    }
  },
  async 'front-door'(emitted) {
    const ingest = ingesting(emitted, () => Promise.reject(new Error('the queue is away')))
    const { statusCode = 0 } = await ingest(apiEvent(webhook({ type: 'done', messageId: 42 })))
    emitted.counted('front-door', 'Count', 1)
    emitted.counted('front-door', '5xx', statusCode >= 500 ? 1 : 0)
    await emitted.nextPeriod()
  },
  async errors(emitted) {
    const { dependencies } = await delivering(emitted)
    const queue = { ...dependencies.queue, send: () => Promise.reject(new Error('the queue is away')) }
    const deadLetters = { ...dependencies.deadLetters, send: () => Promise.reject(new Error('away, too')) }
    const deliver = createDeliver({ ...dependencies, queue, deadLetters })
    for (let period = 0; period < 2; period += 1) {
      const failed = await deliver({ Records: [record('{', '')] }).then(
        () => 0,
        () => 1,
      )
      emitted.counted('errors', 'Errors', failed)
      await emitted.nextPeriod()
    }
  },
  async throttles(emitted) {
    for (let period = 0; period < 3; period += 1) {
      emitted.counted('throttles', 'Throttles', 1)
      await emitted.nextPeriod()
    }
  },
}

describe('every alarm', () => {
  it('has a story here that it goes off in', () => {
    expect([...alarms.keys()].sort()).toEqual(Object.keys(stories).sort())
  })

  it.each([...alarms])(
    '%s looks at metrics that the functions emit, by name and dimensions, or at AWS’s own',
    (_, alarm) => {
      for (const { Namespace, MetricName, Dimensions = [] } of metricsOf(alarm)) {
        if (Namespace !== 'ChatroomBridge') {
          expect(['AWS/SQS', 'AWS/Lambda', 'AWS/ApiGateway']).toContain(Namespace)
          continue
        }
        expect(Object.keys(catalogue)).toContain(MetricName)
        const dimension = dimensionOf(MetricName as MetricName)
        const [service, ...others] = Dimensions.toSorted((a) => (a.Name === 'service' ? -1 : 1))
        expect(service).toEqual({ Name: 'service', Value: stackName })
        expect(others.map(({ Name }) => Name)).toEqual(dimension ? [dimension.name] : [])
        for (const { Value } of others) expect(dimension?.values).toContain(Value)
      }
    },
  )

  it.each(Object.entries(stories))('%s goes off when it should', async (name, story) => {
    const emitted = emitting()
    await story(emitted)
    expect(goesOff(alarms.get(name) as AlarmProperties, emitted.datapoints)).toBe(true)
  })

  it('is quiet while all is well', async () => {
    const emitted = emitting()
    const { accept, run, everyMessage } = await delivering(emitted, 8)
    await ingesting(emitted)(apiEvent(webhook({ type: 'done', messageId: 42 })))
    await accept(...everyMessage())
    await run()
    emitted.counted('front-door', 'Count', 1)
    emitted.counted('dead-letters', 'ApproximateNumberOfMessagesVisible', 0)
    await emitted.nextPeriod()
    expect(emitted.datapoints.length).toBeGreaterThan(5)
    for (const alarm of alarms.values())
      expect([alarm.AlarmName, goesOff(alarm, emitted.datapoints)]).toEqual([alarm.AlarmName, false])
  })

  it('erp-unreachable is quiet where one call failed and the next went through', async () => {
    const emitted = emitting()
    const { erp, accept, run, pass, everyMessage } = await delivering(emitted)
    for (const change of [done, react('🎉')]) {
      erp.fault = () => ({ kind: 'status', status: 503 })
      await accept(...(change === done ? everyMessage() : [update(change, { occurredAt: at(60) })]))
      await run()
      erp.fault = undefined
      pass(15 * minute)
      await run()
      await emitted.nextPeriod()
    }
    expect(erp.message(42)).toMatchObject({ completed: true, reactions: [{ emoji: '🎉' }] })
    expect(goesOff(alarms.get('erp-unreachable') as AlarmProperties, emitted.datapoints)).toBe(false)
  })

  const page = readFileSync(new URL('../../docs/operate.md', import.meta.url), 'utf8')
  it.each([...alarms])(
    '%s says what it means, what to run, and which section of docs/operate.md tells more',
    (name, alarm) => {
      const [means, run, more] = alarm.AlarmDescription.split('\n')
      expect(means).toMatch(/\w\.$/)
      expect(run).toMatch(/^Run: (npx chatroom-bridge .* --stack chatroom-bridge-test$|npx cdk deploy)/)
      expect(more).toContain(`docs/operate.md#${name}`)
      expect(page).toContain(`\n### ${name}\n`)
    },
  )

  it('is mailed where an address is given', () => {
    const template = templateOf({ ALARM_EMAIL: 'ops@club.example' })
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'ops@club.example' })
    for (const { AlarmActions } of alarmsIn(template).values()) expect(AlarmActions).toHaveLength(1)
    for (const { AlarmActions } of alarms.values()) expect(AlarmActions).toBeUndefined()
  })
})

describe('the dashboard', () => {
  it('reads as the way of an event, and shows every metric that there is', () => {
    const [dashboard] = Object.values(templateOf().findResources('AWS::CloudWatch::Dashboard'))
    const body = JSON.stringify(dashboard?.['Properties'].DashboardBody)
    const titles = ['Is anything wrong?', '1 · ', '2 · ', '3 · ', '4 · ', '5 · '].map((title) =>
      body.indexOf(`## ${title}`),
    )
    expect(titles).toEqual(titles.toSorted((a, b) => a - b))
    expect(titles).not.toContain(-1)
    for (const name of Object.keys(catalogue)) expect(body).toContain(`\\"${name}\\"`)
  })
})
