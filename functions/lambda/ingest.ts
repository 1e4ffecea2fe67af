import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientSettings } from '../aws/client-settings.ts'
import { withLearnedSecrets } from '../aws/learned-secrets.ts'
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
const stored = { client: new SecretsManagerClient(clients), clock, log }
const secrets = createSecretsManagerSecrets({ ...stored, secretId: env.WEBHOOK_SECRETS_ID })

/** API Gateway calls this for every request (payload format 2.0). */
export const handler = published(
  createIngest({
    sources,
    secrets: env.LEARNED_SECRETS_ID
      ? withLearnedSecrets(secrets, { ...stored, secretId: env.LEARNED_SECRETS_ID }, sourcesThatLearn(sources))
      : secrets,
    queue: createSqsQueue({ client: new SQSClient(clients), url: env.QUEUE_URL }),
    clock,
    log,
    metrics,
  }),
)
