import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../aws/client-settings.ts'
import { createDynamoMessageStates } from '../aws/dynamodb-states.ts'
import { createSqsQueue } from '../aws/sqs-queue.ts'
import { createSweep } from '../deliver/sweep.ts'
import { readEnv, SweepEnv } from './environment.ts'
import { createTelemetry } from './telemetry.ts'

const env = readEnv(SweepEnv)
const { log } = createTelemetry(env.POWERTOOLS_SERVICE_NAME)

const sweep = createSweep({
  states: createDynamoMessageStates({
    client: new DynamoDBClient(clientSettings()),
    table: env.TABLE_NAME,
  }),
  queue: createSqsQueue({ client: new SQSClient(clientSettings()), url: env.QUEUE_URL }),
  clock: Date.now,
  log,
})

/** The schedule calls this. @returns how many attempts it sent */
export const handler = async (): Promise<{ attempts: number }> => ({ attempts: await sweep() })
