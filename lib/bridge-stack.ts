import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { z } from 'zod'
import type { DeliverEnv, IngestEnv, LoginEnv, SweepEnv } from '../functions/lambda/environment.ts'
import {
  deliverSeconds,
  exampleErpUrl,
  type Settings,
  type SourceSettings,
  sourcesThatLearn,
  sourcesThatLookUp,
} from '../functions/settings/settings.ts'
import { suppressFindings } from './acknowledged.ts'
import { BridgeFunction } from './bridge-function.ts'
import { dataKey } from './data-key.ts'
import { Delivery } from './delivery.ts'
import { ErpLogin } from './erp-login.ts'
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

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description })

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

    // Not the operator's: ingest writes it, as far as an operator opens a window.
    const learned =
      sourcesThatLearn(settings.sources).size > 0
        ? new OperatorSecret(this, 'LearnedSecrets', {
            description: 'chatroom-bridge: what sources learn of their handshakes, and until when they may',
            ...keeping,
          })
        : undefined
    const asked = sourcesThatLookUp(settings.sources)
    const apiTokens =
      asked.size > 0
        ? new OperatorSecret(this, 'ApiTokens', {
            description: 'chatroom-bridge: source name → the token with which its provider is asked',
            ...keeping,
          }).secret
        : undefined

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
        ...(learned && { LEARNED_SECRETS_ID: learned.secret.secretArn }),
      } satisfies Env<typeof IngestEnv>,
    })
    queue.grantSendMessages(ingest)
    webhookSecrets.grantRead(ingest)
    learned?.secret.grantRead(ingest)
    learned?.grantEdit(ingest)
    key?.allow(ingest, 'queue', learned ? 'editedSecret' : 'secret')

    const erp = {
      ERP_SESSION_ID: erpSession.secretArn,
      ERP_BASE_URL: settings.ERP_BASE_URL ?? exampleErpUrl,
      ...(settings.ERP_BUILD_ID && { ERP_BUILD_ID: settings.ERP_BUILD_ID }),
      ...(settings.ERP_PACKAGE_ID && { ERP_PACKAGE_ID: settings.ERP_PACKAGE_ID }),
    }
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
        ...erp,
        ERP_LOGIN: String(settings.ERP_LOGIN) as 'true' | 'false',
        ...modes(settings),
        ERP_LOST_ANSWER_WAIT: String(settings.ERP_LOST_ANSWER_WAIT),
        PUT_SPACING: String(settings.PUT_SPACING),
        MAX_AGE: String(settings.MAX_AGE),
        ...(apiTokens && {
          SOURCES: JSON.stringify(Object.fromEntries(asked)),
          API_TOKENS_ID: apiTokens.secretArn,
        }),
      } satisfies Env<typeof DeliverEnv>,
    })
    queue.grantSendMessages(deliver)
    deadLetters.grantSendMessages(deliver)
    states.grantRecords(deliver)
    erpSession.grantRead(deliver)
    apiTokens?.grantRead(deliver)
    key?.allow(deliver, 'queue', 'records', 'secret')
    // Whoever reads the queue is updated before whoever writes to it: an older deliver would set aside what it does not know.
    ingest.node.addDependency(deliver)

    const validSeconds = settings.ERP_LOGIN_VALID_SECONDS
    const logGroups = [ingestLog, deliverLog]
    if (settings.ERP_LOGIN) {
      const { secret: credentials } = new OperatorSecret(this, 'ErpCredentials', {
        description: 'chatroom-bridge: the user and password that it logs in to the ERP with',
        ...keeping,
      })
      const { function: login, logGroup: loginLog } = new BridgeFunction(this, 'Login', {
        entry: 'login',
        ...logs,
        // A login and a read that time out, and what Secrets Manager takes.
        timeout: Duration.seconds(60),
        environment: {
          ...common,
          ...erp,
          ERP_CREDENTIALS_ID: credentials.secretArn,
          ERP_READ: settings.ERP_READ,
          ERP_LOGIN_VALID_SECONDS: String(validSeconds),
        } satisfies Env<typeof LoginEnv>,
      })
      logGroups.push(loginLog)
      new ErpLogin(this, 'ErpLogin', { login, deliver, session: erpSession, credentials, validSeconds })
      key?.allow(login, 'editedSecret')
      output('ErpCredentialsName', credentials.secretName, 'The secret with the user and password for the ERP')
    }

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
    const watched = { queue, deadLetters, ingest, deliver, sweep, frontDoor, logsIn: settings.ERP_LOGIN }
    new Monitoring(this, 'Monitoring', { watched, email: settings.ALARM_EMAIL })

    for (const name of settings.sources.keys()) {
      output(`WebhookUrl${pascal(name)}`, `${url}/webhooks/${name}`, `Where ${name} sends its webhooks`)
    }
    output('ApiUrl', url, 'The front door')
    output('Sources', [...settings.sources.values()].map(described).join(','), 'Sources, their kinds and how they sign')
    output('ErpBaseUrl', settings.ERP_BASE_URL ?? exampleErpUrl, 'The ERP')
    const modesTold = Object.entries(modes(settings)).map(([name, value]) => `${name}=${value}`)
    output('ErpModes', modesTold.join(' '), 'How its host takes PUT and GET, and whether this is a dry run')
    if (settings.ERP_BUILD_ID) output('ErpBuildId', settings.ERP_BUILD_ID, 'The build id that calls carry')
    if (settings.ERP_PACKAGE_ID) output('ErpPackageId', settings.ERP_PACKAGE_ID, 'The package id that calls carry')
    output('WebhookSecretsName', webhookSecrets.secretName, 'The secret with the webhook secrets')
    if (learned) output('LearnedSecretsName', learned.secret.secretName, 'The secret with what sources have learned')
    if (apiTokens) {
      output('ApiTokensName', apiTokens.secretName, 'The secret with the API tokens')
      output('LookUps', [...asked.keys()].join(','), 'Sources whose provider is asked')
    }
    output('ErpSessionName', erpSession.secretName, 'The secret with the ERP’s token')
    output('TableName', tableName, 'The message states')
    output('QueueUrl', queue.queueUrl, 'The queue of events')
    output('DeadLettersUrl', deadLetters.queueUrl, 'What could not be read, or has no room')
    const named = [...logGroups, sweepLog].map(({ logGroupName }) => logGroupName)
    output('LogGroups', named.join(','), 'The logs of the functions')
    Tags.of(this).add('application', 'chatroom-bridge')
    Tags.of(this).add('stage', settings.STAGE)
    for (const [name, value] of Object.entries(settings.TAGS)) Tags.of(this).add(name, value)
    suppressFindings(this)
  }
}

/** How to behave towards the ERP's host: for deliver, and for the operator's commands. */
function modes({ ERP_PUT, ERP_LISTS, ERP_READ, DRY_RUN }: Settings) {
  return { ERP_PUT, ERP_LISTS, ERP_READ, DRY_RUN: DRY_RUN ? 'true' : 'false' } as const
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
