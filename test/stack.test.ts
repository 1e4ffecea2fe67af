import { App, Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import cdk from '../cdk.json' with { type: 'json' }
import { stateKeys } from '../functions/aws/message-state.ts'
import { readSettings } from '../functions/settings.ts'
import { BridgeStack } from '../lib/bridge-stack.ts'
import { temporaryFolder } from './support/folder.ts'

const given = {
  ERP_BASE_URL: 'https://club.iw-erp.de',
  SOURCES: { generic: { kind: 'generic' }, 'git-hub': { kind: 'github' } },
}

/** The stack of some settings, without bundling its functions. */
function stackOf(settings: Record<string, unknown> = {}) {
  const app = new App({ outdir: temporaryFolder(), context: { ...cdk.context, 'aws:cdk:bundling-stacks': [] } })
  const stack = new BridgeStack(app, 'chatroom-bridge-test', {
    settings: readSettings({ ...given, ...settings }, 'AWS'),
    env: { region: 'eu-central-1' },
  })
  return { app, stack }
}
const templateOf = (settings: Record<string, unknown> = {}) => Template.fromStack(stackOf(settings).stack)

type Resource = {
  Type: string
  Properties: Record<string, never>
  DeletionPolicy?: string
  UpdateReplacePolicy?: string
}
/** Types of what holds data. */
const dataTypes = ['AWS::DynamoDB::Table', 'AWS::SQS::Queue', 'AWS::SecretsManager::Secret']

describe('the stack', () => {
  it('has these resources and no others', () => {
    const resources = Object.values(templateOf().toJSON()['Resources'] as Record<string, Resource>)
    const counts: Record<string, number> = {}
    for (const { Type } of resources) counts[Type] = (counts[Type] ?? 0) + 1
    expect(counts).toEqual({
      'AWS::ApiGatewayV2::Api': 1,
      'AWS::ApiGatewayV2::Integration': 1,
      'AWS::ApiGatewayV2::Route': 1,
      'AWS::ApiGatewayV2::Stage': 1,
      'AWS::DynamoDB::Table': 1,
      'AWS::IAM::Policy': 4,
      'AWS::IAM::Role': 4,
      'AWS::Lambda::EventSourceMapping': 1,
      'AWS::Lambda::Function': 3,
      'AWS::Lambda::Permission': 1,
      'AWS::Logs::LogGroup': 4,
      'AWS::SQS::Queue': 2,
      'AWS::SQS::QueuePolicy': 2,
      'AWS::Scheduler::Schedule': 1,
      'AWS::SecretsManager::Secret': 2,
    })
  })

  it('allows each role exactly what it needs', () => {
    const policies = templateOf().findResources('AWS::IAM::Policy')
    const allowed = Object.values(policies).map(({ Properties }) =>
      Properties.PolicyDocument.Statement.map(({ Effect, Action, Resource }: Record<string, unknown>) => {
        const resource = JSON.stringify(Resource).replace(/[A-F0-9]{8}(?=")/g, '')
        return `${Effect} ${[Action].flat().sort().join(' ')} on ${resource}`
      }).sort(),
    )
    const arn = (id: string) => `{"Fn::GetAtt":["${id}","Arn"]}`
    const log = (id: string) => `Allow logs:CreateLogStream logs:PutLogEvents on ${arn(`${id}Log`)}`
    const send = 'sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage'
    const receive =
      'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage'
    const read = 'secretsmanager:DescribeSecret secretsmanager:GetSecretValue'
    const sorted = (statements: string[]) => statements.sort()
    expect(new Set(allowed)).toEqual(
      new Set([
        sorted([
          log('Ingest'),
          `Allow ${send} on ${arn('QueueEvents')}`,
          `Allow ${read} on {"Ref":"WebhookSecretsSecret"}`,
        ]),
        sorted([
          log('Deliver'),
          `Allow ${receive} on ${arn('QueueEvents')}`,
          `Allow ${send} on [${arn('QueueDeadLetters')},${arn('QueueEvents')}]`,
          `Allow dynamodb:GetItem dynamodb:PutItem on ${arn('MessageStateStates')}`,
          `Allow ${read} on {"Ref":"ErpSessionSecret"}`,
        ]),
        sorted([
          log('Sweep'),
          `Allow ${send} on ${arn('QueueEvents')}`,
          `Allow dynamodb:Query on {"Fn::Join":["",[${arn('MessageStateStates')},"/index/due"]]}`,
        ]),
        [`Allow lambda:InvokeFunction on ${arn('SweepFunction')}`],
      ]),
    )
  })

  it('gives the queue six times the time of the function that receives from it, and each lease the whole of that time', () => {
    const template = templateOf()
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 120, RecursiveLoop: 'Allow' })
    template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 720 })
  })

  it('lets deliver enqueue its own delayed attempts, and no other function call itself', () => {
    const functions = Object.values(templateOf().findResources('AWS::Lambda::Function'))
    expect(functions.filter(({ Properties }) => Properties.RecursiveLoop === 'Allow')).toHaveLength(1)
    expect(functions.filter(({ Properties }) => Properties.RecursiveLoop === 'Terminate')).toHaveLength(2)
  })

  it('keeps what is queued for 14 days, encrypted, over TLS only, with dead letters that only its queue may send', () => {
    const template = templateOf()
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'chatroom-bridge-test-events',
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 10 },
    })
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'chatroom-bridge-test-dead-letters',
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
      RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [Match.anyValue()] },
    })
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ],
      },
    })
  })

  it('asks deliver which records failed, in batches of the size that settings say', () => {
    templateOf({ BATCH_SIZE: 20, BATCH_WINDOW: 5, MAX_CONCURRENCY: 7 }).hasResourceProperties(
      'AWS::Lambda::EventSourceMapping',
      {
        BatchSize: 20,
        MaximumBatchingWindowInSeconds: 5,
        ScalingConfig: { MaximumConcurrency: 7 },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    )
  })

  it('keeps message states on demand, restorable to any point in time', () => {
    templateOf().hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [{ AttributeName: stateKeys.table, KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'due',
          Projection: { ProjectionType: 'KEYS_ONLY' },
          KeySchema: [
            { AttributeName: stateKeys.indexPartition, KeyType: 'HASH' },
            { AttributeName: stateKeys.indexSort, KeyType: 'RANGE' },
          ],
        },
      ],
    })
  })

  it.each([
    ['keeps its data and can’t be deleted by mistake in production', { PRODUCTION: true }, true],
    ['takes the stage prod for production', { STAGE: 'prod' }, true],
    ['goes with its data elsewhere', {}, false],
    ['goes with its data from a stage prod that says that it is none', { STAGE: 'prod', PRODUCTION: 'false' }, false],
  ])('%s', (_, settings, isKept) => {
    const { stack } = stackOf(settings)
    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }
    const policies = Object.values(Resources)
      .filter(({ Type }) => dataTypes.includes(Type))
      .map(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy])
    expect(policies).toEqual(Array(5).fill(isKept ? ['RetainExceptOnCreate', 'Retain'] : ['Delete', 'Delete']))
    expect(stack.terminationProtection).toBe(isKept)
  })

  it('throttles the front door, and logs who called it without what callers choose', () => {
    const template = templateOf({ THROTTLE_RATE: 7, THROTTLE_BURST: 9 })
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 },
      AccessLogSettings: { Format: Match.not(Match.stringLikeRegexp('query|path|authorization|\\$context.routeKey')) },
    })
  })

  it('keeps every log for as long as settings say', () => {
    templateOf({ LOG_RETENTION_DAYS: 14 }).allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 14 })
  })

  it('runs what Lambda runs: Node 24 on arm64', () => {
    templateOf().allResourcesProperties('AWS::Lambda::Function', { Runtime: 'nodejs24.x', Architectures: ['arm64'] })
  })

  it('sweeps every five minutes', () => {
    templateOf().hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(5 minutes)' })
  })

  it('begins its secrets empty, and never says anything else of them', () => {
    templateOf().allResourcesProperties('AWS::SecretsManager::Secret', {
      SecretString: '{}',
      GenerateSecretString: Match.absent(),
    })
  })

  it('tells where each source sends its webhooks, and where its parts are', () => {
    const outputs = templateOf().toJSON()['Outputs'] as Record<string, { Value: unknown }>
    expect(Object.keys(outputs).sort()).toEqual([
      'ApiUrl',
      'DeadLettersUrl',
      'ErpBaseUrl',
      'ErpSessionName',
      'QueueUrl',
      'Sources',
      'TableName',
      'WebhookSecretsName',
      'WebhookUrlGeneric',
      'WebhookUrlGitHub',
    ])
    expect(outputs['Sources']?.Value).toBe('generic:generic,git-hub:github')
  })

  it('has only the sources that settings name', () => {
    const template = templateOf({ SOURCES: { shop: { kind: 'generic', authentication: 'hmac' } } })
    const environments = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Environment.Variables,
    )
    expect(environments.map(({ SOURCES }) => SOURCES).filter(Boolean)).toEqual([
      '{"shop":{"kind":"generic","authentication":"hmac","name":"shop"}}',
    ])
  })

  it('has no finding of cdk-nag’s AwsSolutions and Serverless packs that is not acknowledged with its reason', () => {
    const { app } = stackOf()
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
    expect(() => app.synth()).not.toThrow()
  })
})

describe('settings for AWS', () => {
  it.each([
    [{ ERP_BASE_URL: '' }, 'ERP_BASE_URL is missing: your ERP host, such as https://club.iw-erp.de'],
    [{ ERP_BASE_URL: 'http://club.iw-erp.de' }, 'ERP_BASE_URL: expected https; http is for loopback only'],
    [{ SOURCES: {} }, 'SOURCES is missing: name → kind and options, such as {"github":{"kind":"github"}}'],
    [{ SOURCES: '{"x"' }, 'SOURCES: expected JSON'],
    [
      { ERP_TOKEN: 'tiptop' },
      'ERP_TOKEN has no place in a template: deploy, then npm run secrets -- token --stack NAME',
    ],
    [
      { WEBHOOK_SECRETS: { generic: ['tiptop'] } },
      'WEBHOOK_SECRETS have no place in a template: deploy, then npm run secrets -- add SOURCE --stack NAME',
    ],
    [{ BATCH_SIZE: '11' }, 'BATCH_WINDOW: expected at least 1 second for a BATCH_SIZE of more than 10'],
    [{ MAX_CONCURRENCY: 1 }, 'MAX_CONCURRENCY: expected 2 to 1000 batches'],
    [
      { LOG_RETENTION_DAYS: 31 },
      'LOG_RETENTION_DAYS: expected 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400 days',
    ],
    [{ ERP_BASE_URL: 'https://me:tiptop@club.iw-erp.de' }, 'ERP_BASE_URL: expected no user, query or fragment'],
    [{ ERP_BASE_URL: 'http://localhost:8788' }, 'ERP_BASE_URL: expected https'],
    [{ PORT: 80 }, 'PORT: this setting is for one machine only'],
    [
      { SOURCES: { 'shop-1': { kind: 'generic' }, shop1: { kind: 'generic' } } },
      'SOURCES: shop1: another source has the same name but for dashes',
    ],
    [{ PRODUCTION: 'yes' }, 'PRODUCTION: expected true or false'],
    [{ STAGE: 'Prod!' }, 'STAGE: expected a name of a-z, 0-9 and -'],
    [{ REGION: 'Frankfurt' }, 'REGION: expected a region such as eu-central-1'],
  ])('%j are refused with a sentence that says which and how', (settings, sentence) => {
    expect(() => readSettings({ ...given, ...settings }, 'AWS')).toThrow(sentence)
  })
})
