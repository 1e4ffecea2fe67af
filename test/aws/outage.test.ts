import { describe, expect, it, onTestFinished } from 'vitest'
import { createDynamoMessageStates } from '../../functions/aws/dynamodb-states.ts'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import type { Clock, Queue } from '../../functions/ports/ports.ts'
import { type Delivery, deliveryUnderTest } from '../support/delivery.ts'
import { startDynamo } from '../support/dynamodb.ts'
import { expectAllDone, live, outage, outageMessages, redriveAll } from '../support/outage.ts'
import { startSqs } from '../support/sqs.ts'

const day = 24 * 3600_000

describe('an outage of three days, over SQS and DynamoDB', () => {
  it('ends in one PUT for each chat message', async () => {
    const delivery = await outage(await deliveryOnAws())
    await live(delivery, 3600_000, 15 * 60_000)
    await expectAllDone(delivery)
    expect(await delivery.deadLetters.receive({ max: 10, visibility: 1_000 })).toEqual([])
  }, 60_000)

  it('with an age limit of one day parks everything, and a redrive brings it home', async () => {
    const delivery = await outage(await deliveryOnAws({ maxAge: day }), { quiet: 1.5 * day, events: 50 })
    await redriveAll(delivery)
    await live(delivery, 3600_000, 15 * 60_000)
    await expectAllDone(delivery)
  }, 60_000)
})

async function deliveryOnAws(given: { maxAge?: number } = {}): Promise<Delivery> {
  const [sqs, dynamo] = await Promise.all([startSqs(), startDynamo()])
  onTestFinished(() => Promise.all([sqs.stop(), dynamo.stop()]).then(() => {}))
  const { url, deadLettersUrl } = await sqs.createQueues(10)
  const table = await dynamo.createTable()
  return deliveryUnderTest({
    messages: outageMessages,
    adapters: (clock) => ({
      queue: held(createSqsQueue({ client: sqs.sqs, url }), clock),
      deadLetters: createSqsQueue({ client: sqs.sqs, url: deadLettersUrl }),
      states: createDynamoMessageStates({ client: dynamo.dynamo, table }),
    }),
    ...given,
  })
}

/** SQS knows just its own time: delayed messages are held back by the test's clock, and go over the wire when it is theirs. */
function held(queue: Queue, clock: Clock): Queue {
  const delayed: { body: string; at: number }[] = []
  return {
    ...queue,
    async send(body, { delay = 0, ...options } = {}) {
      if (delay > 0) delayed.push({ body, at: clock() + delay })
      else await queue.send(body, options)
    },
    async receive(options) {
      for (const one of delayed.filter(({ at }) => at <= clock())) {
        delayed.splice(delayed.indexOf(one), 1)
        await queue.send(one.body)
      }
      return queue.receive(options)
    },
  }
}
