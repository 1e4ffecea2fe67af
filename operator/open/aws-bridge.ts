import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { createDynamoMessageStates } from '../../functions/aws/dynamodb-states.ts'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import { createSecretsManagerSession } from '../../functions/aws/webhook-secrets.ts'
import { createErp } from '../../functions/erp/client.ts'
import { type ErpBehaviorSettings, erpBehavior } from '../../functions/state/erp/erp-behavior.ts'
import { storeCredentials } from '../secrets/erp-credentials.ts'
import { awsHealth } from './aws-health.ts'
import { awsSecretAdmin } from './aws-secrets.ts'
import type { BridgeAccess } from './bridge.ts'

/**
 * The bridge that a stack is, found by the stack's outputs, with the credentials that the AWS SDK finds.
 * @throws when there is no such stack, or it is none of the bridge's
 */
export async function openAwsBridge(name: string, region: string): Promise<BridgeAccess> {
  const settings = { ...clientSettings(), region }
  const outputs = await outputsOf(new CloudFormationClient(settings), name, region)
  const output = (key: string) => {
    const value = outputs.get(key)
    if (value === undefined)
      throw new Error(`stack ${name} has no output ${key}: it is no chatroom-bridge, or an older one`)
    return value
  }
  const client = new SecretsManagerClient(settings)
  const secrets = awsSecretAdmin(
    client,
    output('WebhookSecretsName'),
    outputs.get('LearnedSecretsName'),
    outputs.get('ApiTokensName'),
  )
  const asked = new Set(outputs.get('LookUps')?.split(','))
  const erpSession = output('ErpSessionName')
  const sqs = new SQSClient(settings)
  const erpHost = {
    baseUrl: output('ErpBaseUrl'),
    buildId: outputs.get('ErpBuildId'),
    packageId: outputs.get('ErpPackageId'),
    session: createSecretsManagerSession({ client, secretId: erpSession, clock: Date.now }),
  }
  const modes = readModes(outputs.get('ErpModes') ?? '')
  return {
    home: 'AWS',
    url: output('ApiUrl'),
    publicUrl: output('ApiUrl'),
    offlineHint: `look at the stack ${name}`,
    sources: new Map(
      output('Sources')
        .split(',')
        .map((source) => source.split(':'))
        .map(([source = '', kind = '', authentication, signatureHeader]) => [
          source,
          {
            kind,
            ...(authentication && { authentication }),
            ...(signatureHeader && { signatureHeader }),
            ...(asked.has(source) && { lookUps: true }),
          },
        ]),
    ),
    secrets: {
      ...secrets,
      fixed: () => undefined,
      fixedToken: () => undefined,
      async setErpToken(token) {
        await client.send(new PutSecretValueCommand({ SecretId: erpSession, SecretString: JSON.stringify({ token }) }))
      },
      async setErpCredentials(given) {
        const credentialsId = outputs.get('ErpCredentialsName')
        if (!credentialsId) throw new Error(`stack ${name} does not log in: deploy it with the setting ERP_LOGIN`)
        await storeCredentials(client, { credentialsId, sessionId: erpSession }, given)
      },
    },
    states: createDynamoMessageStates({
      client: new DynamoDBClient(settings),
      table: output('TableName'),
    }),
    queue: createSqsQueue({ client: sqs, url: output('QueueUrl') }),
    // It waits, so that every one of SQS's servers is asked.
    deadLetters: createSqsQueue({ client: sqs, url: output('DeadLettersUrl'), wait: 1_000 }),
    notErasedNote: [
      'What is on its way can’t be looked through: it is applied within seconds as a rule, within 14 days at the latest, and',
      'begins anew; then forget it again. Point-in-time recovery keeps the table of the last 35 days, and the logs its ids.',
    ].join('\n'),
    erp: createErp({ ...erpHost, clock: Date.now }),
    host: erpBehavior(modes),
    erpHost,
    isDry: modes.DRY_RUN,
    log: {
      // Its client is for one command, and takes its time to load.
      async find(query) {
        const { openInsights } = await import('../trace/cloudwatch-log.ts')
        return openInsights(settings, output('LogGroups').split(',')).find(query)
      },
    },
    health: () =>
      awsHealth(sqs, {
        queueUrl: output('QueueUrl'),
        deadLettersUrl: output('DeadLettersUrl'),
        hasLogin: outputs.has('ErpCredentialsName'),
      }),
    close() {},
  }
}

/** The settings that say how the host behaves; an older stack knew none but the defaults. */
function readModes(text: string): ErpBehaviorSettings & { DRY_RUN: boolean } {
  const given = Object.fromEntries(text.split(' ').map((mode) => mode.split('=')))
  return {
    ERP_PUT: given.ERP_PUT === 'whole' ? 'whole' : 'changes',
    ERP_LISTS: given.ERP_LISTS === 'added' ? 'added' : 'replaced',
    ERP_READ: given.ERP_READ === 'never' ? 'never' : 'always',
    DRY_RUN: given.DRY_RUN === 'true',
  }
}

async function outputsOf(client: CloudFormationClient, name: string, region: string): Promise<Map<string, string>> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name })).catch((error) => {
    if (error instanceof Error && error.name === 'ValidationError') {
      throw new Error(`there is no stack ${name} in ${region}: npx cdk deploy makes it, and prints its name`)
    }
    throw error
  })
  return new Map(Stacks[0]?.Outputs?.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]))
}
