import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../aws/client-settings.ts'
import { createSqsQueue } from '../aws/sqs-queue.ts'
import { createSecretsManagerSecrets } from '../aws/webhook-secrets.ts'
import { createIngest } from '../ingest/ingest.ts'
import { sourcesThatLearn } from '../settings/settings.ts'
import { IngestEnv, readEnv, sourcesOf } from './environment.ts'
import { createTelemetry } from './telemetry.ts'

const env = readEnv(IngestEnv)
const { log, metrics, published } = createTelemetry(env.POWERTOOLS_SERVICE_NAME)
const clock = Date.now
/** Three tries of either client end before the function does. */
const clients = clientSettings({ requestTimeout: 2_000 })

const sources = sourcesOf(env)

/** API Gateway calls this for every request (payload format 2.0). */
export const handler = published(
  createIngest({
    sources,
    secrets: createSecretsManagerSecrets({
      client: new SecretsManagerClient(clients),
      secretId: env.WEBHOOK_SECRETS_ID,
      learnedId: env.LEARNED_SECRETS_ID,
      learners: sourcesThatLearn(sources),
      clock,
      log,
    }),
    queue: createSqsQueue({ client: new SQSClient(clients), url: env.QUEUE_URL }),
    clock,
    log,
    metrics,
  }),
)
