import { DynamoDBClient, GetItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDynamoMessageStates } from '../../functions/aws/dynamodb-states.ts'
import { messageStatesContract } from '../contracts/message-states.ts'
import { type LocalDynamo, startDynamo } from '../support/dynamodb.ts'

let local: LocalDynamo
beforeAll(async () => {
  local = await startDynamo()
})
afterAll(() => local.stop())

async function open() {
  const table = await local.createTable()
  local.operations.length = 0
  return { table, states: createDynamoMessageStates({ client: local.dynamo, table }) }
}

messageStatesContract('DynamoDB', async () => (await open()).states)

describe('DynamoDB', () => {
  it('takes a record of 350 KB', async () => {
    const { states } = await open()
    const body = 'x'.repeat(350 * 1024)
    const version = await states.save('42', { body, sweepAt: 1_000 }, undefined)
    expect(await states.load('42')).toEqual({ body, version })
  })

  it('keeps in the indexes what is due or parked, and only that', async () => {
    const { states, table } = await open()
    const entries = async (IndexName: string) => {
      const { Items = [] } = await local.dynamo.send(new ScanCommand({ TableName: table, IndexName }))
      return Items.map(({ messageId }) => messageId?.S)
    }
    const version = await states.save('42', { body: '{}', sweepAt: 1_000 }, undefined)
    await states.save('43', { body: '{}', parkedAt: 1_000 }, undefined)
    expect([await entries('due'), await entries('parked')]).toEqual([['42'], ['43']])
    await states.save('42', { body: '{}' }, version)
    expect([await entries('due'), await entries('parked')]).toEqual([[], ['43']])
  })

  it('finds the oldest of many, wherever in the index they stand', async () => {
    const { states } = await open()
    const all = Array.from({ length: 60 }, (_, at) => ({ messageId: `m${at}`, sweepAt: (at * 7) % 60 }))
    await Promise.all(all.map(({ messageId, sweepAt }) => states.save(messageId, { body: '{}', sweepAt }, undefined)))
    const oldest = all.toSorted((one, other) => one.sweepAt - other.sweepAt)
    expect(await states.due(60, 1_000)).toEqual(oldest)
    expect(await states.due(60, 7)).toEqual(oldest.slice(0, 7))
    expect(await states.due(60, 0)).toEqual([])
  })

  it('finds everything that is due when there is no limit to the time, as a bridge that starts asks', async () => {
    const { states } = await open()
    await states.save('42', { body: '{}', sweepAt: 1_795_000_000_000.5 }, undefined)
    expect(await states.due(Number.POSITIVE_INFINITY, 10)).toEqual([{ messageId: '42', sweepAt: 1_795_000_000_000.5 }])
  })

  it('is asked again when it says that there is too much', async () => {
    const { states } = await open()
    local.throttle(1)
    expect(await states.save('42', { body: '{}' }, undefined)).toBeDefined()
    expect(local.operations).toEqual(['PutItem', 'PutItem'])
  })

  it('knows its own write again when the answer to it got lost', async () => {
    const { states } = await open()
    local.loseAnswers(1)
    const first = await states.save('42', { body: 'first' }, undefined)
    expect(await states.load('42')).toEqual({ body: 'first', version: first })
    local.loseAnswers(1)
    const second = await states.save('42', { body: 'second' }, first)
    expect(await states.load('42')).toEqual({ body: 'second', version: second })
  })

  it('takes nobody else’s write for its own, were it the same to the letter', async () => {
    const { states } = await open()
    await states.save('42', { body: 'same' }, undefined)
    local.throttle(1)
    expect(await states.save('42', { body: 'same' }, undefined)).toBeUndefined()
    expect(local.operations).toEqual(['PutItem', 'PutItem', 'PutItem', 'GetItem'])
  })

  it('is asked once where somebody else saved in between', async () => {
    const { states } = await open()
    await states.save('42', { body: 'theirs' }, undefined)
    expect(await states.save('42', { body: 'ours' }, undefined)).toBeUndefined()
    expect(local.operations).toEqual(['PutItem', 'PutItem'])
  })

  it('fails a save that it can not do, such as one of a table that is not there', async () => {
    const states = createDynamoMessageStates({ client: local.dynamo, table: 'none' })
    await expect(states.save('42', { body: '{}' }, undefined)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(states.load('42')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })
})

describe('a request to DynamoDB', () => {
  const real = new DynamoDBClient({ region: 'eu-central-1' })
  const client = mockClient(real)
  const states = createDynamoMessageStates({ client: real, table: 'states' })
  beforeEach(() => {
    client.reset()
  })

  it('reads what was written last', async () => {
    client.on(GetItemCommand).resolves({})
    await states.load('42')
    expect(client.call(0).args[0].input).toMatchObject({ ConsistentRead: true })
  })

  it('goes on where a page of the index ends before the limit', async () => {
    const entry = (messageId: string, sweepAt: number) => ({
      messageId: { S: messageId },
      due: { S: '0' },
      sweepAt: { N: String(sweepAt) },
    })
    const firstOf = { ExpressionAttributeValues: { ':partition': { S: '0' }, ':before': { N: '9' } } }
    client.on(QueryCommand).resolves({ Items: [] })
    client
      .on(QueryCommand, firstOf)
      .resolvesOnce({ Items: [entry('a', 1)], LastEvaluatedKey: entry('a', 1) })
      .resolvesOnce({ Items: [], LastEvaluatedKey: entry('b', 2) })
      .resolvesOnce({ Items: [entry('c', 3)] })
    expect(await states.due(9, 10)).toEqual([
      { messageId: 'a', sweepAt: 1 },
      { messageId: 'c', sweepAt: 3 },
    ])
  })
})
