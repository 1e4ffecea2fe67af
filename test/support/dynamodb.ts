import { randomUUID } from 'node:crypto'
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { stateTable } from '../../functions/aws/dynamodb-states.ts'
import { type AwsServer, startAwsServer } from './aws-server.ts'

/** A DynamoDB in memory, on loopback only. */
export type LocalDynamo = AwsServer & {
  dynamo: DynamoDBClient
  /** Makes a table of message states as the stack does. */
  createTable(): Promise<string>
}

export async function startDynamo(): Promise<LocalDynamo> {
  const server = await startAwsServer(dynalite({ createTableMs: 0 }))
  const dynamo = new DynamoDBClient({ ...clientSettings(), ...server.client })
  return {
    ...server,
    dynamo,
    async createTable() {
      const table = randomUUID()
      await dynamo.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: stateTable.key, AttributeType: 'S' },
            ...Object.values(stateTable.indexes).flatMap(({ partition, sort }) => [
              { AttributeName: partition, AttributeType: 'S' as const },
              { AttributeName: sort, AttributeType: 'N' as const },
            ]),
          ],
          KeySchema: [{ AttributeName: stateTable.key, KeyType: 'HASH' }],
          GlobalSecondaryIndexes: Object.entries(stateTable.indexes).map(([IndexName, { partition, sort }]) => ({
            IndexName,
            KeySchema: [
              { AttributeName: partition, KeyType: 'HASH' },
              { AttributeName: sort, KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          })),
        }),
      )
      for (;;) {
        const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: table }))
        if (Table?.TableStatus === 'ACTIVE') return table
      }
    },
    async stop() {
      dynamo.destroy()
      await server.stop()
    },
  }
}
