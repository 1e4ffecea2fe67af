import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { stateKeys } from '../../functions/aws/message-state.ts'
import { type AwsServer, startAwsServer } from './aws-server.ts'

/** A DynamoDB in memory, on loopback only. */
export type LocalDynamo = AwsServer & {
  dynamo: DynamoDBClient
  /** Makes a table of message states as the stack does. */
  createTable(): Promise<{ table: string; index: string }>
}

export async function startDynamo(): Promise<LocalDynamo> {
  const server = await startAwsServer(dynalite({ createTableMs: 0 }))
  const dynamo = new DynamoDBClient({ ...clientSettings(), ...server.client })
  return {
    ...server,
    dynamo,
    async createTable() {
      const table = randomUUID()
      const index = 'due'
      await dynamo.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: stateKeys.table, AttributeType: 'S' },
            { AttributeName: stateKeys.indexPartition, AttributeType: 'S' },
            { AttributeName: stateKeys.indexSort, AttributeType: 'N' },
          ],
          KeySchema: [{ AttributeName: stateKeys.table, KeyType: 'HASH' }],
          GlobalSecondaryIndexes: [
            {
              IndexName: index,
              KeySchema: [
                { AttributeName: stateKeys.indexPartition, KeyType: 'HASH' },
                { AttributeName: stateKeys.indexSort, KeyType: 'RANGE' },
              ],
              Projection: { ProjectionType: 'KEYS_ONLY' },
            },
          ],
        }),
      )
      for (;;) {
        const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: table }))
        if (Table?.TableStatus === 'ACTIVE') return { table, index }
      }
    },
    async stop() {
      dynamo.destroy()
      await server.stop()
    },
  }
}
