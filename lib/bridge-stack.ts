import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { z } from 'zod'
import type { DeliverEnv, IngestEnv, SweepEnv } from '../functions/lambda/config.ts'
import { deliverSeconds, exampleErpUrl, type Settings, type SourceSettings } from '../functions/settings.ts'
import { acknowledge } from './acknowledged.ts'
import { BridgeFunction } from './bridge-function.ts'
import { dataKey } from './data-key.ts'
import { Delivery } from './delivery.ts'
import { MessageStateTable } from './message-state.ts'
import { Monitoring } from './monitoring.ts'
import { OperatorSecret } from './operator-secret.ts'
import { EventQueue } from './queue.ts'
import { WebhookApi } from './webhook-api.ts'

type Env<Schema extends z.ZodType> = z.input<Schema> & Record<string, string>

/** The bridge on AWS: webhook → API → ingest → queue → deliver → ERP, with a sweep for what got lost. */
export class BridgeStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly settings: Settings }) {
    const { settings } = props
    super(scope, id, { terminationProtection: settings.PRODUCTION, ...props })
    // What is wanted and not yet shown stands nowhere else, and secrets stand in their senders' settings too.
    const removalPolicy = settings.PRODUCTION ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
    const key = settings.KMS_KEY_ARN ? dataKey(this, settings.KMS_KEY_ARN) : undefined
    const keeping = { removalPolicy, encryptionKey: key?.key }
    const logs = { logRetention: settings.LOG_RETENTION_DAYS, logKey: key?.key }
    const common = { POWERTOOLS_SERVICE_NAME: settings.STAGE }
    const deliverTimeout = Duration.seconds(deliverSeconds)

    const { queue, deadLetters } = new EventQueue(this, 'Queue', { timeout: deliverTimeout, ...keeping })
    const states = new MessageStateTable(this, 'MessageState', keeping)
    const { tableName } = states.table
    const { secret: webhookSecrets } = new OperatorSecret(this, 'WebhookSecrets', {
      description: 'chatroom-bridge: source name → secrets that its webhooks may be signed with, newest first',
      ...keeping,
    })
    const { secret: erpSession } = new OperatorSecret(this, 'ErpSession', {
      description: 'chatroom-bridge: the token for the ERP',
      ...keeping,
    })

    const { function: ingest, logGroup: ingestLog } = new BridgeFunction(this, 'Ingest', {
      entry: 'ingest',
      ...logs,
      // Within API Gateway's 30 s, and longer than its clients try: an answer of ours in any case.
      timeout: Duration.seconds(25),
      ...reserved(settings.INGEST_CONCURRENCY),
      environment: {
        ...common,
        QUEUE_URL: queue.queueUrl,
        WEBHOOK_SECRETS_ID: webhookSecrets.secretArn,
        SOURCES: JSON.stringify(Object.fromEntries(settings.sources)),
      } satisfies Env<typeof IngestEnv>,
    })
    queue.grantSendMessages(ingest)
    webhookSecrets.grantRead(ingest)
    key?.allow(ingest, 'queue', 'secret')

    const { function: deliver, logGroup: deliverLog } = new BridgeFunction(this, 'Deliver', {
      entry: 'deliver',
      ...logs,
      timeout: deliverTimeout,
      memorySize: 512,
      ...reserved(settings.DELIVER_CONCURRENCY),
      isRecursive: true,
      environment: {
        ...common,
        QUEUE_URL: queue.queueUrl,
        DEAD_LETTERS_URL: deadLetters.queueUrl,
        TABLE_NAME: tableName,
        ERP_SESSION_ID: erpSession.secretArn,
        ERP_BASE_URL: settings.ERP_BASE_URL ?? exampleErpUrl,
        ERP_PUT: settings.ERP_PUT,
        ERP_LOST_ANSWER_WAIT: String(settings.ERP_LOST_ANSWER_WAIT),
        PUT_SPACING: String(settings.PUT_SPACING),
        MAX_AGE: String(settings.MAX_AGE),
        ...(settings.ERP_BUILD_ID && { ERP_BUILD_ID: settings.ERP_BUILD_ID }),
        ...(settings.ERP_PACKAGE_ID && { ERP_PACKAGE_ID: settings.ERP_PACKAGE_ID }),
      } satisfies Env<typeof DeliverEnv>,
    })
    queue.grantSendMessages(deliver)
    deadLetters.grantSendMessages(deliver)
    states.grantRecords(deliver)
    erpSession.grantRead(deliver)
    key?.allow(deliver, 'queue', 'records', 'secret')

    const { function: sweep, logGroup: sweepLog } = new BridgeFunction(this, 'Sweep', {
      entry: 'sweep',
      ...logs,
      timeout: Duration.seconds(60),
      environment: {
        ...common,
        QUEUE_URL: queue.queueUrl,
        TABLE_NAME: tableName,
      } satisfies Env<typeof SweepEnv>,
    })
    queue.grantSendMessages(sweep)
    states.grantDue(sweep)
    key?.allow(sweep, 'queue', 'due')

    new Delivery(this, 'Delivery', {
      queue,
      deliver,
      sweep,
      batchSize: settings.BATCH_SIZE,
      batchWindow: Duration.seconds(settings.BATCH_WINDOW),
      maxConcurrency: settings.MAX_CONCURRENCY,
    })
    const frontDoor = new WebhookApi(this, 'Webhooks', {
      ingest,
      rate: settings.THROTTLE_RATE,
      burst: settings.THROTTLE_BURST,
      ...logs,
    })

    const { url } = frontDoor
    const watched = { queue, deadLetters, ingest, deliver, sweep, frontDoor }
    new Monitoring(this, 'Monitoring', { watched, email: settings.ALARM_EMAIL })

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description })
    for (const name of settings.sources.keys()) {
      output(`WebhookUrl${pascal(name)}`, `${url}/webhooks/${name}`, `Where ${name} sends its webhooks`)
    }
    output('ApiUrl', url, 'The front door')
    output('Sources', [...settings.sources.values()].map(described).join(','), 'Sources, their kinds and how they sign')
    output('ErpBaseUrl', settings.ERP_BASE_URL ?? exampleErpUrl, 'The ERP')
    if (settings.ERP_BUILD_ID) output('ErpBuildId', settings.ERP_BUILD_ID, 'The build id that calls carry')
    if (settings.ERP_PACKAGE_ID) output('ErpPackageId', settings.ERP_PACKAGE_ID, 'The package id that calls carry')
    output('WebhookSecretsName', webhookSecrets.secretName, 'The secret with the webhook secrets')
    output('ErpSessionName', erpSession.secretName, 'The secret with the ERP’s token')
    output('TableName', tableName, 'The message states')
    output('QueueUrl', queue.queueUrl, 'The queue of events')
    output('DeadLettersUrl', deadLetters.queueUrl, 'What could not be read, or has no room')
    const logGroups = [ingestLog, deliverLog, sweepLog].map(({ logGroupName }) => logGroupName)
    output('LogGroups', logGroups.join(','), 'The logs of the functions')
    Tags.of(this).add('application', 'chatroom-bridge')
    Tags.of(this).add('stage', settings.STAGE)
    for (const [name, value] of Object.entries(settings.TAGS)) Tags.of(this).add(name, value)
    acknowledge(this)
  }
}

/** How many instances of a function AWS sets aside for it, which are also its most; nothing is set aside by default. */
function reserved(concurrency: number | undefined): { reservedConcurrentExecutions?: number } {
  return concurrency === undefined ? {} : { reservedConcurrentExecutions: concurrency }
}

/** `name:kind`, and how events are signed where that isn't as usual. */
function described({ name, kind, authentication, signatureHeader }: SourceSettings): string {
  return [name, kind, authentication ?? '', signatureHeader ?? ''].join(':').replace(/:+$/, '')
}

/** A source's name as CloudFormation wants names of outputs. */
function pascal(name: string): string {
  return name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase())
}
