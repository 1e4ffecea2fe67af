import { DeleteTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteSecretCommand, DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Deployment } from './deployment.ts'

/** The parts of a stack that hold data, by what AWS calls them. */
export type Data = { tables: string[]; queues: string[]; secrets: string[] }

/** What holds the data of a stack that stands. */
export async function dataOf(deployment: Deployment): Promise<Data> {
  return {
    tables: await deployment.parts('AWS::DynamoDB::Table'),
    queues: await deployment.parts('AWS::SQS::Queue'),
    secrets: await deployment.parts('AWS::SecretsManager::Secret'),
  }
}

/** Those of them that are there, whether their stack is or not. */
export async function stillThere({ tables, queues, secrets }: Data, region: string): Promise<Data> {
  const clients = clientsIn(region)
  return {
    tables: await filter(tables, async (TableName) => {
      await clients.dynamo.send(new DescribeTableCommand({ TableName }))
      return true
    }),
    queues: await filter(queues, async (QueueUrl) => {
      await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl }))
      return true
    }),
    secrets: await filter(secrets, async (SecretId) => {
      const { DeletedDate } = await clients.secrets.send(new DescribeSecretCommand({ SecretId }))
      // It can be described until its time of grace is over.
      return DeletedDate === undefined
    }),
  }
}

/** Deletes what a stack left behind. */
export async function remove(data: Data, region: string): Promise<void> {
  const clients = clientsIn(region)
  const { tables, queues, secrets } = await stillThere(data, region)
  for (const TableName of tables) await clients.dynamo.send(new DeleteTableCommand({ TableName }))
  for (const QueueUrl of queues) await clients.sqs.send(new DeleteQueueCommand({ QueueUrl }))
  for (const SecretId of secrets) {
    await clients.secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }))
  }
}

/** A client of queues that says nothing where the emulator's queues and the emulator itself have different host names. */
export function createSqsClient(region: string): SQSClient {
  return new SQSClient({ region, useQueueUrlAsEndpoint: false })
}

function clientsIn(region: string) {
  return {
    dynamo: new DynamoDBClient({ region }),
    sqs: createSqsClient(region),
    secrets: new SecretsManagerClient({ region }),
  }
}

/** Those that are there when they are looked for. */
async function filter(names: string[], look: (name: string) => Promise<boolean>): Promise<string[]> {
  const found: string[] = []
  for (const name of names) {
    const isThere = await look(name).catch((error: Error) => {
      if (/NotFound|NonExistent|DoesNotExist/.test(error.name)) return false
      throw error
    })
    if (isThere) found.push(name)
  }
  return found
}
