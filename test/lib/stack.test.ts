import { readFileSync } from 'node:fs'
import { App, Validations } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { describe, expect, it } from 'vitest'
import { countCalls } from '../../bench/cost/calls.ts'
import { pageWith } from '../../bench/cost/page.ts'
import { type Template as CostTemplate, standingIn } from '../../bench/cost/stack.ts'
import { tablesOf } from '../../bench/cost/tables.ts'
import cdk from '../../cdk.json' with { type: 'json' }
import { stateTable } from '../../functions/aws/dynamodb-states.ts'
import { readSettings } from '../../functions/settings/settings.ts'
import { BridgeStack } from '../../lib/bridge-stack.ts'
import { temporaryFolder } from '../support/folder.ts'

const given = {
  ERP_BASE_URL: 'https://club.iw-erp.de',
  SOURCES: { generic: { kind: 'generic' }, 'git-hub': { kind: 'github' } },
}

/** The stack of some settings, without bundling its functions. */
function stackOf(settings: Record<string, unknown> = {}, name = 'chatroom-bridge-test') {
  const app = new App({ outdir: temporaryFolder(), context: { ...cdk.context, 'aws:cdk:bundling-stacks': [] } })
  const stack = new BridgeStack(app, name, {
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

const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

/** Every statement of every policy: whose, what, on what, on which condition. */
function statementsOf(template: Template): string[] {
  const { Resources } = template.toJSON() as { Resources: Record<string, Resource> }
  return Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy' || Type === 'AWS::SQS::QueuePolicy')
    .flatMap(({ Properties }) => {
      const { Roles = [], Queues = [], PolicyDocument } = Properties as unknown as Policy
      const [holder] = [...Roles, ...Queues].map(({ Ref }) => Ref.replace(/[A-F0-9]{8}$/, ''))
      return PolicyDocument.Statement.map(({ Effect, Action, Resource, Principal, Condition }) => {
        const who = Principal ? ` ${JSON.stringify(Principal)}` : ''
        const on = JSON.stringify(Resource).replace(/[A-F0-9]{8}(?=")/g, '')
        const condition = Condition ? ` if ${JSON.stringify(Condition)}` : ''
        return `${holder}: ${Effect}${who} ${[Action].flat().sort().join(' ')} on ${on}${condition}`
      })
    })
    .sort()
}
type Policy = {
  Roles?: { Ref: string }[]
  Queues?: { Ref: string }[]
  PolicyDocument: { Statement: Record<'Effect' | 'Action' | 'Resource' | 'Principal' | 'Condition', unknown>[] }
}

const arn = (id: string) => `{"Fn::GetAtt":["${id}","Arn"]}`
const send = 'sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage'
const receive =
  'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage'
const read = 'secretsmanager:DescribeSecret secretsmanager:GetSecretValue'
const log = 'logs:CreateLogStream logs:PutLogEvents'
const withoutTls = 'if {"Bool":{"aws:SecureTransport":"false"}}'
const allowed = [
  `IngestRole: Allow ${log} on ${arn('IngestLog')}`,
  `IngestRole: Allow ${send} on ${arn('QueueEvents')}`,
  `IngestRole: Allow ${read} on {"Ref":"WebhookSecretsSecret"}`,
  `DeliverRole: Allow ${log} on ${arn('DeliverLog')}`,
  `DeliverRole: Allow ${receive} on ${arn('QueueEvents')}`,
  `DeliverRole: Allow ${send} on [${arn('QueueDeadLetters')},${arn('QueueEvents')}]`,
  `DeliverRole: Allow dynamodb:GetItem dynamodb:PutItem on ${arn('MessageStateStates')}`,
  `DeliverRole: Allow ${read} on {"Ref":"ErpSessionSecret"}`,
  `SweepRole: Allow ${log} on ${arn('SweepLog')}`,
  `SweepRole: Allow ${send} on ${arn('QueueEvents')}`,
  `SweepRole: Allow dynamodb:Query on {"Fn::Join":["",[${arn('MessageStateStates')},"/index/due"]]}`,
  `DeliverySweepRole: Allow lambda:InvokeFunction on ${arn('SweepFunction')}`,
  `QueueEvents: Deny {"AWS":"*"} sqs:* on ${arn('QueueEvents')} ${withoutTls}`,
  `QueueDeadLetters: Deny {"AWS":"*"} sqs:* on ${arn('QueueDeadLetters')} ${withoutTls}`,
].sort()

/** Names that a template gives, which can be there once in an account. */
function namesGiven(template: { Resources?: Record<string, Resource> }): string[] {
  return Object.values(template.Resources ?? {})
    .filter(({ Type }) => Type !== 'AWS::IAM::Policy') // Named within its role.
    .flatMap(({ Properties }) => Object.entries(Properties))
    .filter(([name, value]) => name.endsWith('Name') && typeof value === 'string' && !name.startsWith('Stage'))
    .map(([name, value]) => `${name} ${value}`)
    .sort()
}

/** What must not change of what holds data and of the front door, so that CloudFormation keeps them: an id, and some properties. */
function standing(template: Template) {
  const { Resources } = template.toJSON() as { Resources: Record<string, Resource> }
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference: "Update requires: Replacement".
  const fixed = ['QueueName', 'FifoQueue', 'TableName', 'KeySchema', 'AttributeDefinitions', 'Name', 'ProtocolType']
  // Not replaced, but overwritten with what it says.
  const kept = [...fixed, 'SecretString', 'GenerateSecretString']
  return Object.entries(Resources)
    .filter(([, { Type }]) => [...dataTypes, 'AWS::ApiGatewayV2::Api', 'AWS::ApiGatewayV2::Stage'].includes(Type))
    .map(([id, { Properties }]) => [id, Object.entries(Properties).filter(([name]) => kept.includes(name))])
}

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
      'AWS::CloudWatch::Alarm': 13,
      'AWS::CloudWatch::Dashboard': 1,
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
    expect(statementsOf(templateOf())).toEqual(allowed)
  })

  it('adds with ERP_LOGIN a secret that only login may read, and no more than deliver’s right to have it called', () => {
    const session = '{"Ref":"ErpSessionSecret"}'
    expect(statementsOf(templateOf({ ERP_LOGIN: true }))).toEqual(
      [
        ...allowed,
        `DeliverRole: Allow secretsmanager:RotateSecret on ${session}`,
        `DeliverRole: Allow lambda:InvokeFunction on ${arn('LoginFunction')}`,
        `LoginRole: Allow ${log} on ${arn('LoginLog')}`,
        `LoginRole: Allow secretsmanager:GetSecretValue on {"Ref":"ErpCredentialsSecret"}`,
        `LoginRole: Allow secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage on ${session}`,
      ].sort(),
    )
  })

  it.each([
    [86_400, 12],
    [3_600, 4],
    [31_536_000, 4_380],
  ])(
    'has a session of %i seconds renewed every %i hours, by Secrets Manager of its own account, and not at the deploy',
    (ERP_LOGIN_VALID_SECONDS, hours) => {
      const template = templateOf({ ERP_LOGIN: 'true', ERP_LOGIN_VALID_SECONDS })
      template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
        SecretId: { Ref: Match.stringLikeRegexp('^ErpSession') },
        RotationLambdaARN: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LoginFunction'), 'Arn'] },
        RotationRules: { ScheduleExpression: `rate(${hours} hours)` },
        RotateImmediatelyOnUpdate: false,
      })
      template.hasResourceProperties('AWS::Lambda::Permission', {
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
        SourceArn: { Ref: Match.stringLikeRegexp('^ErpSession') },
      })
      const [login] = Object.values(template.findResources('AWS::Lambda::Function')).flatMap(({ Properties }) =>
        Properties.Environment.Variables.ERP_CREDENTIALS_ID ? [Properties.Environment.Variables] : [],
      )
      expect(Object.keys(login ?? {}).sort()).toEqual([
        'ERP_BASE_URL',
        'ERP_CREDENTIALS_ID',
        'ERP_LOGIN_VALID_SECONDS',
        'ERP_READ',
        'ERP_SESSION_ID',
        'POWERTOOLS_SERVICE_NAME',
      ])
      expect(Object.keys(template.toJSON()['Outputs'])).toContain('ErpCredentialsName')
    },
  )

  it('allows each role what it needs of a customer’s key, past no other service than the one that keeps the data', () => {
    const via = (service: string) =>
      `on "${keyArn}" if {"StringEquals":{"kms:ViaService":"${service}.eu-central-1.amazonaws.com"}}`
    const records = 'kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo'
    const login = statementsOf(templateOf({ KMS_KEY_ARN: keyArn, ERP_LOGIN: true }))
    expect(login).toContain(`LoginRole: Allow kms:Decrypt kms:GenerateDataKey ${via('secretsmanager')}`)
    expect(statementsOf(templateOf({ KMS_KEY_ARN: keyArn }))).toEqual(
      [
        ...allowed,
        `IngestRole: Allow kms:Decrypt kms:GenerateDataKey ${via('sqs')}`,
        `IngestRole: Allow kms:Decrypt ${via('secretsmanager')}`,
        `DeliverRole: Allow kms:Decrypt kms:GenerateDataKey ${via('sqs')}`,
        `DeliverRole: Allow ${records} ${via('dynamodb')}`,
        `DeliverRole: Allow kms:Decrypt ${via('secretsmanager')}`,
        `SweepRole: Allow kms:Decrypt kms:GenerateDataKey ${via('sqs')}`,
        `SweepRole: Allow kms:Decrypt kms:DescribeKey ${via('dynamodb')}`,
      ].sort(),
    )
  })

  it('has a secret for API tokens only where a source looks things up, which deliver alone may read', () => {
    const SOURCES = { office: { kind: 'asana', lookUps: true, references: 'none' }, asana: { kind: 'asana' } }
    const template = templateOf({ SOURCES })
    const ofSecret = statementsOf(template).filter((statement) => statement.includes('ApiTokensSecret'))
    expect(ofSecret).toEqual([`DeliverRole: Allow ${read} on [{"Ref":"ApiTokensSecret"},{"Ref":"ErpSessionSecret"}]`])
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          API_TOKENS_ID: Match.anyValue(),
          SOURCES: '{"office":{"name":"office","kind":"asana","lookUps":true}}',
          TABLE_NAME: Match.anyValue(),
        },
      },
    })
    template.allResourcesProperties('AWS::SecretsManager::Secret', { SecretString: '{}' })
    const { Outputs } = template.toJSON()
    expect([Object.keys(Outputs).includes('ApiTokensName'), Outputs['LookUps'].Value]).toEqual([true, 'office'])
    expect(JSON.stringify(templateOf().toJSON())).not.toContain('ApiTokens')
  })

  it('has a secret for what sources learn only where one can, which ingest may write, and never the operator’s', () => {
    const SOURCES = { asana: { kind: 'asana' }, notion: { kind: 'notion' } }
    const via = `on "${keyArn}" if {"StringEquals":{"kms:ViaService":"secretsmanager.eu-central-1.amazonaws.com"}}`
    const statementsOfIngest = (settings = {}) =>
      statementsOf(templateOf({ SOURCES, ...settings })).filter((statement) => statement.startsWith('IngestRole'))
    const withLearned = [
      `IngestRole: Allow ${log} on ${arn('IngestLog')}`,
      `IngestRole: Allow ${send} on ${arn('QueueEvents')}`,
      `IngestRole: Allow ${read} on [{"Ref":"LearnedSecretsSecret"},{"Ref":"WebhookSecretsSecret"}]`,
      `IngestRole: Allow secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage on {"Ref":"LearnedSecretsSecret"}`,
    ]
    expect(statementsOfIngest()).toEqual(withLearned.sort())
    const { Outputs } = templateOf({ SOURCES }).toJSON()
    expect([Object.keys(Outputs).includes('LearnedSecretsName'), Outputs['Sources'].Value]).toEqual([
      true,
      'asana:asana,notion:notion',
    ])
    const template = templateOf({ SOURCES })
    template.resourceCountIs('AWS::SecretsManager::Secret', 3)
    template.allResourcesProperties('AWS::SecretsManager::Secret', { SecretString: '{}' })
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { LEARNED_SECRETS_ID: Match.anyValue() } },
    })
    expect(statementsOfIngest({ KMS_KEY_ARN: keyArn })).toContain(
      `IngestRole: Allow kms:Decrypt kms:GenerateDataKey ${via}`,
    )
  })

  it('lets requests of every method through to ingest, since some handshakes are no POST', () => {
    templateOf().allResourcesProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$default' })
  })

  it('encrypts with the customer’s key all that holds data or tells of it', () => {
    const template = templateOf({ KMS_KEY_ARN: keyArn })
    template.allResourcesProperties('AWS::SQS::Queue', {
      KmsMasterKeyId: keyArn,
      SqsManagedSseEnabled: Match.absent(),
    })
    template.allResourcesProperties('AWS::DynamoDB::Table', {
      SSESpecification: { KMSMasterKeyId: keyArn, SSEEnabled: true, SSEType: 'KMS' },
    })
    template.allResourcesProperties('AWS::SecretsManager::Secret', { KmsKeyId: keyArn })
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: keyArn })
  })

  it('gives roles no policies but those listed, and each to its own service alone', () => {
    const roles = Object.values(templateOf().findResources('AWS::IAM::Role')).map(({ Properties }) => Properties)
    for (const role of roles) expect([role.ManagedPolicyArns, role.Policies]).toEqual([undefined, undefined])
    expect(roles.map((role) => JSON.stringify(role.AssumeRolePolicyDocument.Statement)).sort()).toEqual(
      ['lambda', 'lambda', 'lambda', 'scheduler'].map(
        (service) =>
          `[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"${service}.amazonaws.com"}}]`,
      ),
    )
    templateOf().hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: Match.anyValue(),
    })
  })

  it('sets no instances aside unless settings say so, since AWS refuses that in a new account', () => {
    const of = (settings = {}) =>
      Object.entries(templateOf(settings).findResources('AWS::Lambda::Function')).map(([id, { Properties }]) => [
        /^(Ingest|Deliver|Sweep)/.exec(id)?.[0],
        Properties.ReservedConcurrentExecutions,
      ])
    const none = [
      ['Ingest', undefined],
      ['Deliver', undefined],
      ['Sweep', undefined],
    ]
    expect(of()).toEqual(none)
    expect(of({ INGEST_CONCURRENCY: 20, DELIVER_CONCURRENCY: '10' })).toEqual([
      ['Ingest', 20],
      ['Deliver', 10],
      ['Sweep', undefined],
    ])
  })

  it('tags everything with what it is and its stage, and with the tags that settings name', () => {
    const { Resources } = templateOf({ TAGS: { team: 'office' } }).toJSON() as { Resources: Record<string, Resource> }
    const tagsOf = ({ Properties }: Resource): unknown =>
      Array.isArray(Properties['Tags'])
        ? Object.fromEntries(
            (Properties['Tags'] as { Key: string; Value: string }[]).map((tag) => [tag.Key, tag.Value]),
          )
        : Properties['Tags']
    const tagged = Object.values(Resources).filter(({ Properties }) => Properties['Tags'] !== undefined)
    expect(new Set(tagged.map(({ Type }) => Type))).toEqual(
      new Set([
        ...dataTypes,
        'AWS::ApiGatewayV2::Api',
        'AWS::ApiGatewayV2::Stage',
        'AWS::CloudWatch::Alarm',
        'AWS::CloudWatch::Dashboard',
        'AWS::IAM::Role',
        'AWS::Lambda::EventSourceMapping',
        'AWS::Lambda::Function',
        'AWS::Logs::LogGroup',
      ]),
    )
    for (const resource of tagged) {
      expect(tagsOf(resource)).toEqual({ application: 'chatroom-bridge', stage: 'dev', team: 'office' })
    }
  })

  it('says nothing of CORS: browsers have no business here', () => {
    templateOf().hasResourceProperties('AWS::ApiGatewayV2::Api', { CorsConfiguration: Match.absent() })
  })

  it('tells functions names and addresses only, and nothing that resolves to a secret', () => {
    const template = templateOf({ ERP_BUILD_ID: 'build', ERP_PACKAGE_ID: 'package' })
    const functions = Object.entries(template.findResources('AWS::Lambda::Function'))
    const told = functions.map(([id, { Properties }]) => [
      /^(Ingest|Deliver|Sweep)/.exec(id)?.[0],
      Object.keys(Properties.Environment.Variables).sort().join(' '),
    ])
    expect(Object.fromEntries(told)).toEqual({
      Ingest: 'POWERTOOLS_SERVICE_NAME QUEUE_URL SOURCES WEBHOOK_SECRETS_ID',
      Deliver:
        'DEAD_LETTERS_URL DRY_RUN ERP_BASE_URL ERP_BUILD_ID ERP_LISTS ERP_LOGIN ERP_LOST_ANSWER_WAIT ERP_PACKAGE_ID ERP_PUT ERP_READ ERP_SESSION_ID MAX_AGE POWERTOOLS_SERVICE_NAME PUT_SPACING QUEUE_URL TABLE_NAME',
      Sweep: 'POWERTOOLS_SERVICE_NAME QUEUE_URL TABLE_NAME',
    })
    expect(JSON.stringify(template.toJSON())).not.toContain('{{resolve:')
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
      TimeToLiveSpecification: { AttributeName: stateTable.timeToLive, Enabled: true },
      KeySchema: [{ AttributeName: stateTable.key, KeyType: 'HASH' }],
      GlobalSecondaryIndexes: Object.entries(stateTable.indexes).map(([IndexName, { partition, sort }]) => ({
        IndexName,
        Projection: { ProjectionType: 'KEYS_ONLY' },
        KeySchema: [
          { AttributeName: partition, KeyType: 'HASH' },
          { AttributeName: sort, KeyType: 'RANGE' },
        ],
      })),
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

  it('updates who reads the queue before who writes to it', () => {
    const functions = Object.entries(templateOf().findResources('AWS::Lambda::Function'))
    const [deliver = ''] = functions.find(([id]) => id.startsWith('Deliver')) ?? []
    const [, ingest] = functions.find(([id]) => id.startsWith('Ingest')) ?? []
    expect(ingest?.['DependsOn']).toContain(deliver)
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
      'ErpModes',
      'ErpSessionName',
      'LogGroups',
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

  it.each([
    {},
    { KMS_KEY_ARN: keyArn, PRODUCTION: true, SOURCES: { asana: { kind: 'asana', lookUps: true } } },
    { ERP_LOGIN: true },
  ])(
    'has no finding of cdk-nag’s AwsSolutions and Serverless packs that is not acknowledged with its reason: %j',
    (settings) => {
      const { app } = stackOf(settings)
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
      expect(() => app.synth()).not.toThrow()
    },
  )
})

describe('stages', () => {
  it('stand side by side in one account: no name that the template gives is in two of them', () => {
    const names = ['dev', 'prod'].map((STAGE) => {
      const template = Template.fromStack(stackOf({ STAGE }, `chatroom-bridge-${STAGE}`).stack)
      // An alarm's name begins with the stack's, which the tests of monitoring hold.
      return namesGiven(template.toJSON()).filter((name) => !/^(AlarmName|MetricName) /.test(name))
    })
    expect(names).toEqual(
      ['dev', 'prod'].map((stage) => [
        `DashboardName chatroom-bridge-${stage}`,
        `Name chatroom-bridge-${stage}`,
        `QueueName chatroom-bridge-${stage}-dead-letters`,
        `QueueName chatroom-bridge-${stage}-events`,
      ]),
    )
  })

  it.each([
    ['sources', { SOURCES: { shop: { kind: 'generic', authentication: 'hmac' } } }],
    [
      'limits',
      { MAX_CONCURRENCY: 3, BATCH_SIZE: 20, BATCH_WINDOW: 2, THROTTLE_RATE: 1, THROTTLE_BURST: 1, MAX_AGE: 1 },
    ],
    ['reserved concurrency', { INGEST_CONCURRENCY: 20, DELIVER_CONCURRENCY: 20 }],
    ['production', { PRODUCTION: true }],
    ['the key', { KMS_KEY_ARN: keyArn }],
    ['tags', { TAGS: { team: 'office' } }],
    ['how often the session is renewed', { ERP_LOGIN_VALID_SECONDS: 7_200 }],
    ['how long logs are kept', { LOG_RETENTION_DAYS: 7 }],
    ['the ERP', { ERP_BASE_URL: 'https://other.iw-erp.de', ERP_PUT: 'whole' }],
  ])('change %s without a new table, queue, secret or URL', (_, changed) => {
    expect(standing(templateOf(changed))).toEqual(standing(templateOf()))
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
      'ERP_TOKEN has no place in a template: deploy, then npx chatroom-bridge secrets token --stack NAME',
    ],
    [
      { API_TOKENS: { asana: 'tiptop' } },
      'API_TOKENS have no place in a template: deploy, then npx chatroom-bridge secrets api-token SOURCE --stack NAME',
    ],
    [
      { ERP_USER: 'anna', ERP_PASSWORD: 'tiptop' },
      'ERP_USER and ERP_PASSWORD have no place in a template: deploy with ERP_LOGIN, then npx chatroom-bridge secrets credentials --stack NAME',
    ],
    [
      { WEBHOOK_SECRETS: { generic: ['tiptop'] } },
      'WEBHOOK_SECRETS have no place in a template: deploy, then npx chatroom-bridge secrets add SOURCE --stack NAME',
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
    [{ INGEST_CONCURRENCY: 0 }, 'INGEST_CONCURRENCY: expected 1 to 1000 instances'],
    [{ DELIVER_CONCURRENCY: 9 }, 'DELIVER_CONCURRENCY: expected at least MAX_CONCURRENCY, 10'],
    [{ KMS_KEY_ARN: 'alias/mine' }, 'KMS_KEY_ARN: expected arn:aws:kms:REGION:ACCOUNT:key/ID'],
    [{ KMS_KEY_ARN: keyArn, REGION: 'eu-west-1' }, 'KMS_KEY_ARN: expected a key in REGION, eu-west-1'],
    [{ TAGS: { 'aws:x': 'y' } }, 'TAGS.aws:x: expected a tag’s name'],
    [{ PRODUCTION: 'yes' }, 'PRODUCTION: expected true or false'],
    [{ STAGE: 'Prod!' }, 'STAGE: expected a name of a-z, 0-9 and -'],
    [{ REGION: 'Frankfurt' }, 'REGION: expected a region such as eu-central-1'],
  ])('%j are refused with a sentence that says which and how', (settings, sentence) => {
    expect(() => readSettings({ ...given, ...settings }, 'AWS')).toThrow(sentence)
  })
})

describe('docs/cost.md', () => {
  it('says what the prices, the calls of an event and this stack come to', async () => {
    const page = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8')
    const standing = standingIn(templateOf({ STAGE: 'prod' }).toJSON() as CostTemplate)
    // One after the other: both listen to the log.
    const [full, single] = [await countCalls(10), await countCalls(1)]
    // If this differs: npm run cost -- --write
    expect(page).toBe(pageWith(page, tablesOf({ full, single, standing })))
  })
})
