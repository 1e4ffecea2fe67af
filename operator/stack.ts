import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../functions/aws/client-settings.ts'
import { createDynamoMessageStates } from '../functions/aws/message-state.ts'
import { createSqsQueue } from '../functions/aws/queue.ts'
import { createSecretsManagerEditor, createSecretsManagerSession } from '../functions/aws/secrets.ts'
import { secretsOf } from '../functions/core/webhook-secrets.ts'
import { createErp } from '../functions/erp/client.ts'
import type { Home } from './home.ts'
import { createInsights } from './insights.ts'

/**
 * The bridge that a stack is, found by the stack's outputs, with the credentials that the AWS SDK finds.
 * @throws when there is no such stack, or it is none of the bridge's
 */
export async function openStack(name: string, region: string): Promise<Home> {
  const settings = { ...clientSettings(), region }
  const outputs = await outputsOf(new CloudFormationClient(settings), name, region)
  const output = (key: string) => {
    const value = outputs.get(key)
    if (value === undefined)
      throw new Error(`stack ${name} has no output ${key}: it is no chatroom-bridge, or an older one`)
    return value
  }
  const client = new SecretsManagerClient(settings)
  const editor = createSecretsManagerEditor({ client, secretId: output('WebhookSecretsName') })
  const erpSession = output('ErpSessionName')
  const sqs = new SQSClient(settings)
  return {
    url: output('ApiUrl'),
    whenSilent: `look at the stack ${name}`,
    sources: new Map(
      output('Sources')
        .split(',')
        .map((source) => source.split(':'))
        .map(([source = '', kind = '', authentication, signatureHeader]) => [
          source,
          { kind, authentication: authentication || undefined, signatureHeader },
        ]),
    ),
    secrets: {
      of: async (source) => secretsOf(await editor.all(), source) ?? [],
      add: editor.add,
      retire: editor.retire,
      fixed: () => undefined,
      async setErpToken(token) {
        await client.send(new PutSecretValueCommand({ SecretId: erpSession, SecretString: JSON.stringify({ token }) }))
      },
    },
    states: createDynamoMessageStates({
      client: new DynamoDBClient(settings),
      table: output('TableName'),
    }),
    queue: createSqsQueue({ client: sqs, url: output('QueueUrl') }),
    // It waits, so that every one of SQS's servers is asked.
    deadLetters: createSqsQueue({ client: sqs, url: output('DeadLettersUrl'), wait: 1_000 }),
    erp: createErp({
      baseUrl: output('ErpBaseUrl'),
      buildId: outputs.get('ErpBuildId'),
      packageId: outputs.get('ErpPackageId'),
      session: createSecretsManagerSession({ client, secretId: erpSession, clock: Date.now }),
      clock: Date.now,
    }),
    log: {
      find: (query) =>
        createInsights({
          client: new CloudWatchLogsClient(settings),
          logGroupNames: output('LogGroups').split(','),
        }).find(query),
    },
    close() {},
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
