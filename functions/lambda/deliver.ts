import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createSecretsManagerApiTokens } from '../aws/api-tokens.ts'
import { clientSettings } from '../aws/client-settings.ts'
import { createDynamoMessageStates } from '../aws/dynamodb-states.ts'
import { createSqsQueue } from '../aws/sqs-queue.ts'
import { createSecretsManagerSession } from '../aws/webhook-secrets.ts'
import { createDeliver } from '../deliver/deliver.ts'
import { withBreaker } from '../erp/circuit-breaker.ts'
import { createErp } from '../erp/client.ts'
import { withErpMetrics } from '../erp/metrics.ts'
import { createProviderApis } from '../lookups/providers.ts'
import { deliverSeconds } from '../settings/settings.ts'
import { erpBehavior } from '../state/erp/erp-behavior.ts'
import { DeliverEnv, readEnv, sourcesWithLookupsOf } from './environment.ts'
import { createTelemetry } from './telemetry.ts'

const env = readEnv(DeliverEnv)
const { log, metrics, published } = createTelemetry(env.POWERTOOLS_SERVICE_NAME)
const clock = Date.now
const sqs = new SQSClient(clientSettings())
const client = new SecretsManagerClient(clientSettings())

/** The queue's event source mapping calls this for every batch, and reads which records failed. */
export const handler = published(
  createDeliver({
    erp: withErpMetrics(
      withBreaker(
        createErp({
          baseUrl: env.ERP_BASE_URL,
          buildId: env.ERP_BUILD_ID,
          packageId: env.ERP_PACKAGE_ID,
          session: createSecretsManagerSession({
            client,
            secretId: env.ERP_SESSION_ID,
            clock,
            log,
            isRotated: env.ERP_LOGIN === 'true',
          }),
          clock,
          log,
        }),
        clock,
      ),
      metrics,
      clock,
    ),
    ...(env.API_TOKENS_ID && {
      lookUps: createProviderApis(sourcesWithLookupsOf(env), {
        tokens: createSecretsManagerApiTokens({ client, secretId: env.API_TOKENS_ID, clock, log }),
        clock,
      }),
    }),
    states: createDynamoMessageStates({
      client: new DynamoDBClient(clientSettings()),
      table: env.TABLE_NAME,
    }),
    queue: createSqsQueue({ client: sqs, url: env.QUEUE_URL }),
    deadLetters: createSqsQueue({ client: sqs, url: env.DEAD_LETTERS_URL }),
    clock,
    log,
    metrics,
    instance: randomUUID(),
    // Nothing tells one function instance that another has died: a lease ends by its time.
    isDead: () => false,
    leaseFor: deliverSeconds * 1000,
    random: Math.random,
    lostAnswerWait: Number(env.ERP_LOST_ANSWER_WAIT) * 1000,
    spacing: Number(env.PUT_SPACING),
    maxAge: Number(env.MAX_AGE) * 24 * 3600_000,
    host: erpBehavior(env),
    isDry: env.DRY_RUN === 'true',
  }),
)
