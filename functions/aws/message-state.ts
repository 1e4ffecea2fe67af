import { createHash, randomUUID } from 'node:crypto'
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import type { MessageStates } from '../core/ports.ts'

/** The names of the table's key and of its index's, which holds keys only. */
export const stateKeys = { table: 'messageId', indexPartition: 'due', indexSort: 'sweepAt' } as const

/**
 * Partitions of the index. One takes 1,000 writes a second, and where it takes no more DynamoDB refuses writes of the table
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html); a chat message that becomes due,
 * is leased and fulfilled costs it four. With one partition all would end at 250 chat messages a second; eight cost a sweep
 * seven more queries every five minutes.
 */
const partitions = Array.from({ length: 8 }, (_, index) => String(index))

/**
 * The records of chat messages in DynamoDB: one item each, of which an item's 400 KB hold a body of 350 KB. Only an item
 * that is due has the index's attributes, so the index holds nothing else.
 * @param options.index name of the index
 */
export function createDynamoMessageStates({
  client,
  table,
  index,
}: {
  client: DynamoDBClient
  table: string
  index: string
}): MessageStates {
  const item = (messageId: string) => ({
    TableName: table,
    Key: { messageId: { S: messageId } },
    ConsistentRead: true,
  })

  async function dueIn(partition: string, before: number, limit: number) {
    const found: { messageId: string; sweepAt: number }[] = []
    let from: Record<string, AttributeValue> | undefined
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: index,
          KeyConditionExpression: 'due = :partition AND sweepAt < :before',
          ExpressionAttributeValues: { ':partition': { S: partition }, ':before': number(before) },
          Limit: limit - found.length,
          ExclusiveStartKey: from,
        }),
      )
      found.push(
        ...Items.map(({ messageId, sweepAt }) => ({ messageId: messageId?.S ?? '', sweepAt: Number(sweepAt?.N) })),
      )
      from = LastEvaluatedKey
    } while (from && found.length < limit)
    return found
  }

  return {
    async load(messageId) {
      const { Item } = await client.send(new GetItemCommand(item(messageId)))
      return Item && { body: Item['body']?.S ?? '', version: Number(Item['version']?.N) }
    },
    async save(messageId, { body, sweepAt }, loaded) {
      const version = (loaded ?? 0) + 1
      const write = randomUUID()
      const put = new PutItemCommand({
        TableName: table,
        // The whole item: what isn't named here, such as the index's attributes, is gone.
        Item: {
          messageId: { S: messageId },
          body: { S: body },
          version: number(version),
          write: { S: write },
          ...(sweepAt !== undefined && { due: { S: partitionOf(messageId) }, sweepAt: number(sweepAt) }),
        },
        ...(loaded === undefined
          ? { ConditionExpression: 'attribute_not_exists(messageId)' }
          : {
              ConditionExpression: 'version = :loaded',
              ExpressionAttributeValues: { ':loaded': number(loaded) },
            }),
      })
      try {
        await client.send(put)
        return version
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        // After a lost answer the SDK's second try meets what its first one wrote: nobody else saved in between.
        if ((error.$metadata.attempts ?? 1) > 1) {
          const { Item } = await client.send(
            new GetItemCommand({
              ...item(messageId),
              ProjectionExpression: '#write',
              ExpressionAttributeNames: { '#write': 'write' },
            }),
          )
          if (Item?.['write']?.S === write) return version
        }
        return undefined
      }
    },
    async due(before, limit) {
      if (limit < 1) return []
      const found = await Promise.all(partitions.map((partition) => dueIn(partition, before, limit)))
      return found
        .flat()
        .sort((one, other) => one.sweepAt - other.sweepAt)
        .slice(0, limit)
    },
  }
}

function partitionOf(messageId: string): string {
  const [byte = 0] = createHash('sha256').update(messageId).digest()
  return String(byte % partitions.length)
}

/** DynamoDB knows no infinity, which means any time here. */
function number(value: number): AttributeValue.NMember {
  return { N: String(Math.min(value, Number.MAX_SAFE_INTEGER)) }
}
