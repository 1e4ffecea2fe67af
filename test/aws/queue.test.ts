import { setTimeout as pause } from 'node:timers/promises'
import {
  ChangeMessageVisibilityCommand,
  MessageNotInflight,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  SQSServiceException,
} from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import { queueContract } from '../contracts/queue.ts'
import { type LocalSqs, startSqs } from '../support/sqs.ts'

let local: LocalSqs
beforeAll(async () => {
  local = await startSqs()
})
afterAll(() => local.stop())

const maxReceives = 3

// Each test has queues of its own, and time passes for real: side by side they wait for each other's time too.
describe.concurrent('over the wire', () => {
  queueContract('SQS', async () => {
    const { url, deadLettersUrl } = await local.createQueues(maxReceives)
    return {
      queue: createSqsQueue({ client: local.sqs, url }),
      deadLetters: createSqsQueue({ client: local.sqs, url: deadLettersUrl }),
      maxReceives,
      pass: (ms) => pause(ms),
    }
  })
})

describe('SQS', () => {
  async function open() {
    const { url } = await local.createQueues(maxReceives)
    local.operations.length = 0
    return createSqsQueue({ client: local.sqs, url })
  }

  it('is asked again, with a pause, when it says that there is too much', async () => {
    const queue = await open()
    local.throttle(1)
    await queue.send('one')
    expect(local.operations).toEqual(['SendMessage', 'SendMessage'])
    expect(await queue.receive({ max: 10, visibility: 60_000 })).toMatchObject([{ body: 'one' }])
  })

  it('fails a send that it has no time for again and again', async () => {
    const queue = await open()
    local.throttle(3)
    await expect(queue.send('one')).rejects.toMatchObject({ name: 'ThrottlingException' })
    expect(local.operations).toHaveLength(3)
  })

  it('is not asked again for what it refuses', async () => {
    const queue = await open()
    await expect(queue.send('\uFFFF')).rejects.toMatchObject({ message: expect.stringMatching(/characters/) })
    expect(local.operations).toEqual(['SendMessage'])
  })

  it('has a message at least once when its answer got lost', async () => {
    const queue = await open()
    local.loseAnswers(1)
    await queue.send('one')
    const received = await queue.receive({ max: 10, visibility: 60_000 })
    expect(received.map(({ body }) => body)).toEqual(['one', 'one'])
  })

  it('gives more than ten when more are asked for, and no more than those', async () => {
    const queue = await open()
    for (let index = 0; index < 25; index += 1) await queue.send(String(index))
    expect(await queue.receive({ max: 12, visibility: 60_000 })).toHaveLength(12)
    expect(await queue.receive({ max: 100, visibility: 60_000 })).toHaveLength(13)
    expect(await queue.receive({ max: 0, visibility: 60_000 })).toEqual([])
  })

  it('keeps a reason that repeats what SQS would not take, as far as it would', async () => {
    const queue = await open()
    await queue.send('one', { reason: `unknown key: \u0000👋\uFFFF${'x'.repeat(2_000)}` })
    const [message] = await queue.receive({ max: 1, visibility: 60_000 })
    expect(message?.reason).toMatch(/^unknown key: \uFFFD👋\uFFFDx+$/)
    expect(message?.reason).toHaveLength(1_000)
  })

  it('tells when a message was sent', async () => {
    const queue = await open()
    const before = Date.now()
    await queue.send('one')
    const [message] = await queue.receive({ max: 1, visibility: 60_000 })
    expect(message?.sentAt).toBeGreaterThanOrEqual(before)
    expect(message?.sentAt).toBeLessThanOrEqual(Date.now())
  })

  it('is waited for where the option says so', async () => {
    const { url } = await local.createQueues(maxReceives)
    const queue = createSqsQueue({ client: local.sqs, url, wait: 2_000 })
    const waiting = queue.receive({ max: 10, visibility: 60_000 })
    await pause(100)
    await queue.send('one')
    expect(await waiting).toMatchObject([{ body: 'one' }])
  })
})

describe('a request to SQS', () => {
  const real = new SQSClient({ region: 'eu-central-1' })
  const client = mockClient(real)
  const queue = createSqsQueue({ client: real, url: 'https://sqs.example/events' })
  beforeEach(() => {
    client.reset()
  })

  it.each([
    [0, 0],
    [1, 1],
    [1_001, 2],
    [15 * 60_000, 900],
    [16 * 60_000, 900],
  ])('has a delay of %i ms as %i seconds', async (delay, expected) => {
    client.on(SendMessageCommand).resolves({})
    await queue.send('one', { delay })
    expect(client.call(0).args[0].input).toMatchObject({ DelaySeconds: expected })
  })

  it('asks for a visibility of a second at least, and of twelve hours at most', async () => {
    client.on(ReceiveMessageCommand).resolves({})
    await queue.receive({ max: 1, visibility: 0 })
    await queue.receive({ max: 1, visibility: 13 * 3_600_000 })
    const asked = client.calls().map(({ args }) => args[0].input)
    expect(asked).toMatchObject([{ VisibilityTimeout: 1 }, { VisibilityTimeout: 43_200 }])
  })

  it('knows what the redrive policy moved as received too often', async () => {
    const Attributes = { ApproximateReceiveCount: '11', SentTimestamp: '1', DeadLetterQueueSourceArn: 'arn:events' }
    client.on(ReceiveMessageCommand).resolvesOnce({ Messages: [{ MessageId: '1', Body: '{}', Attributes }] })
    expect(await queue.receive({ max: 1, visibility: 1_000 })).toMatchObject([
      { id: '1', receives: 11, sentAt: 1, reason: 'received too often' },
    ])
  })

  const gone =
    'Value AQEB for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.'
  it.each([
    new MessageNotInflight({ message: 'not in flight', $metadata: {} }),
    new SQSServiceException({ name: 'InvalidParameterValue', $fault: 'client', message: gone, $metadata: {} }),
  ])('releases nothing when another receiver has the message: $name', async (error) => {
    client.on(ChangeMessageVisibilityCommand).rejects(error)
    await expect(queue.release('outdated', 1_000)).resolves.toBeUndefined()
  })

  it('fails a release that SQS refuses for another reason', async () => {
    client.on(ChangeMessageVisibilityCommand).rejects(new Error('no'))
    await expect(queue.release('receipt', 1_000)).rejects.toThrow('no')
  })
})
