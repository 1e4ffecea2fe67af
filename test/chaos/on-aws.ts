import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { createDynamoMessageStates } from '../../functions/aws/dynamodb-states.ts'
import { createSqsQueue } from '../../functions/aws/sqs-queue.ts'
import { createSecretsManagerSecrets, createSecretsManagerSession } from '../../functions/aws/webhook-secrets.ts'
import { createDeliver } from '../../functions/deliver/deliver.ts'
import { createSweep } from '../../functions/deliver/sweep.ts'
import { withBreaker } from '../../functions/erp/circuit-breaker.ts'
import type { Clock, Queue } from '../../functions/ports/ports.ts'
import type { Credentials } from '../../functions/secrets/session.ts'
import { deliverSeconds } from '../../functions/settings/settings.ts'
import { startWorker } from '../../local/server/queue-consumer.ts'
import { storeCredentials } from '../../operator/secrets/erp-credentials.ts'
import type { AwsServer } from '../support/aws-server.ts'
import { speed } from './clock.ts'
import type { ErpOfStory, Home } from './home.ts'

/** Servers that speak AWS's protocols, and what a stack would have made there. */
export type AwsPlace = {
  kind: 'aws'
  sqs: AwsServer['client']
  dynamo: AwsServer['client']
  secrets: AwsServer['client']
  queueUrl: string
  deadLettersUrl: string
  table: string
}

const second = 1000
const leaseFor = deliverSeconds * second
const sweepEvery = 300 * second
const day = 24 * 3600 * second

/** The home on AWS, with the adapters and times of its functions, but for the clock. */
export function openOnAws(
  { sqs, dynamo, secrets, queueUrl, deadLettersUrl, table }: AwsPlace,
  { credentials }: ErpOfStory,
  clock: Clock,
): Home {
  const sqsClient = new SQSClient({ ...clientSettings(), ...sqs })
  const client = new SecretsManagerClient({ ...clientSettings(), ...secrets })
  const states = createDynamoMessageStates({ client: new DynamoDBClient({ ...clientSettings(), ...dynamo }), table })
  const queue = inFastTime(createSqsQueue({ client: sqsClient, url: queueUrl }))
  const deadLetters = createSqsQueue({ client: sqsClient, url: deadLettersUrl })
  return {
    queue,
    deadLetters,
    states,
    secrets: createSecretsManagerSecrets({ client, secretId: 'webhook-secrets', clock }),
    session: createSecretsManagerSession({
      client,
      secretId: 'erp-session',
      clock,
      isRotated: credentials !== undefined,
    }),
    async queued() {
      const { Attributes = {} } = await sqsClient.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
      )
      const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed } =
        Attributes
      return (
        Number(ApproximateNumberOfMessages) +
        Number(ApproximateNumberOfMessagesNotVisible) +
        Number(ApproximateNumberOfMessagesDelayed)
      )
    },
    async startDelivery({ erp, log }) {
      const deliver = createDeliver({
        erp: withBreaker(erp, clock),
        states,
        queue,
        deadLetters,
        clock,
        log,
        instance: randomUUID(),
        isDead: () => false,
        leaseFor,
        random: Math.random,
        lostAnswerWait: 60 * second,
        spacing: 500,
        maxAge: 7 * day,
        host: { putClears: false },
      })
      const sweep = createSweep({ states, queue, clock, log })
      setInterval(() => sweep().catch(() => {}), sweepEvery / speed)
      // What Lambda's event source mapping does; SQS tells nobody when something was sent.
      const source = {
        ...queue,
        onSend() {},
        nextVisibleAt: () => undefined,
        releaseOfDeadProcesses: async () => {},
        counts: () => ({ waiting: 0, delayed: 0 }),
      }
      startWorker({ queue: source, deliver, clock, log, batchSize: 10, batches: 10, visibility: 6 * leaseFor })
    },
    close() {},
  }
}

/** What an operator does: stores credentials and has the bridge log in, again where that met one of the ERP's faults. */
export async function giveCredentials(client: SecretsManagerClient, credentials: Credentials): Promise<void> {
  for (;;) {
    try {
      return await storeCredentials(client, { credentialsId: 'erp-credentials', sessionId: 'erp-session' }, credentials)
    } catch {
      await wait(100)
    }
  }
}

/** SQS knows just its own time: what takes ten seconds of the story takes it half a second, which it counts as one. */
function inFastTime(queue: Queue): Queue {
  return {
    ...queue,
    send: (body, { delay = 0, ...options } = {}) => queue.send(body, { ...options, delay: delay / speed }),
    receive: ({ max, visibility }) => queue.receive({ max, visibility: visibility / speed }),
    release: (receipt, delay) => queue.release(receipt, delay / speed),
  }
}
