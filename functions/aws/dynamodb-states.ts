import { createHash, randomInt, randomUUID } from 'node:crypto'
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import type { MessageStates } from '../ports/ports.ts'

/** The table's key, its indexes by name with the keys that are all that they hold, and what its time to live goes by. */
export const stateTable = {
  key: 'messageId',
  indexes: {
    due: { partition: 'due', sort: 'sweepAt' },
    parked: { partition: 'parked', sort: 'parkedAt' },
    linked: { partition: 'linked', sort: 'linkedAt' },
  },
  timeToLive: 'expiresAt',
} as const

/**
 * Partitions of an index. One takes 1,000 writes a second, and where it takes no more DynamoDB refuses writes of the table
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html); a chat message that becomes due,
 * is leased and fulfilled costs it four. With one partition all would end at 250 chat messages a second; eight cost a sweep
 * seven more queries every five minutes.
 */
const partitions = Array.from({ length: 8 }, (_, index) => String(index))

/** A record's first version is one of these; what a number can hold is far away. */
const firstVersions = 2 ** 47

/** DynamoDB ends a page at 1 MB anyway. */
const mostInAPage = 1_000

/**
 * The records of chat messages in DynamoDB: one item each, of which an item's 400 KB hold a body of 350 KB. Only an item
 * that is due, or has something parked, has the attributes of that index, so the index holds nothing else.
 */
export function createDynamoMessageStates({ client, table }: { client: DynamoDBClient; table: string }): MessageStates {
  const item = (messageId: string) => ({
    TableName: table,
    Key: { messageId: { S: messageId } },
    ConsistentRead: true,
  })

  /** Up to `limit` entries of one partition, oldest first, as id and time. */
  async function entriesIn(index: keyof typeof stateTable.indexes, partition: string, before: number, limit: number) {
    const found: { messageId: string; at: number }[] = []
    const keys = stateTable.indexes[index]
    let from: Record<string, AttributeValue> | undefined
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: index,
          KeyConditionExpression: '#partition = :partition AND #sort < :before',
          ExpressionAttributeNames: { '#partition': keys.partition, '#sort': keys.sort },
          ExpressionAttributeValues: { ':partition': { S: partition }, ':before': number(before) },
          Limit: Math.min(limit - found.length, mostInAPage),
          ExclusiveStartKey: from,
        }),
      )
      found.push(...Items.map((item) => ({ messageId: item['messageId']?.S ?? '', at: Number(item[keys.sort]?.N) })))
      from = LastEvaluatedKey
    } while (from && found.length < limit)
    return found
  }

  /** Up to `limit` entries of an index, oldest first. */
  async function entries(index: keyof typeof stateTable.indexes, before: number, limit: number) {
    if (limit < 1) return []
    const found = await Promise.all(partitions.map((partition) => entriesIn(index, partition, before, limit)))
    return found
      .flat()
      .sort((one, other) => one.at - other.at)
      .slice(0, limit)
  }

  return {
    async load(messageId) {
      const { Item } = await client.send(new GetItemCommand(item(messageId)))
      return Item && { body: Item['body']?.S ?? '', version: Number(Item['version']?.N) }
    },
    async save(messageId, { body, sweepAt, parkedAt, linkedAt, expiresAt }, loaded) {
      const version = loaded === undefined ? randomInt(firstVersions) : loaded + 1
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
          ...(parkedAt !== undefined && { parked: { S: partitionOf(messageId) }, parkedAt: number(parkedAt) }),
          ...(linkedAt !== undefined && { linked: { S: partitionOf(messageId) }, linkedAt: number(linkedAt) }),
          // Time to live counts in seconds, and is some days late.
          ...(expiresAt !== undefined && { expiresAt: number(Math.ceil(expiresAt / 1_000)) }),
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
    async remove(messageId, loaded) {
      try {
        await client.send(
          new DeleteItemCommand({
            TableName: table,
            Key: { messageId: { S: messageId } },
            ConditionExpression: 'version = :loaded',
            ExpressionAttributeValues: { ':loaded': number(loaded) },
          }),
        )
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
    async due(before, limit) {
      return (await entries('due', before, limit)).map(({ messageId, at }) => ({ messageId, sweepAt: at }))
    },
    async parked(limit) {
      const found = await entries('parked', Number.POSITIVE_INFINITY, limit)
      return found.map(({ messageId, at }) => ({ messageId, parkedAt: at }))
    },
    async linked(limit) {
      const found = await entries('linked', Number.POSITIVE_INFINITY, limit)
      return found.map(({ messageId, at }) => ({ key: messageId, linkedAt: at }))
    },
    async *beginningWith(prefix) {
      let from: Record<string, AttributeValue> | undefined
      do {
        const { Items = [], LastEvaluatedKey } = await client.send(
          new ScanCommand({
            TableName: table,
            ConsistentRead: true,
            FilterExpression: 'begins_with(messageId, :prefix)',
            ExpressionAttributeValues: { ':prefix': { S: prefix } },
            ExclusiveStartKey: from,
          }),
        )
        yield Items.map((item) => ({
          key: item['messageId']?.S ?? '',
          body: item['body']?.S ?? '',
          version: Number(item['version']?.N),
        }))
        from = LastEvaluatedKey
      } while (from)
    },
    async expire() {},
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
