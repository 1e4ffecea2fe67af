import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { clientSettings } from '../aws/client-settings.ts'
import { createRotation } from '../aws/session-rotation.ts'
import { createLogin } from '../erp/login.ts'
import { withLoginMetrics, withSessionCheckMetrics } from '../erp/metrics.ts'
import { createVerifySession } from '../erp/verify-session.ts'
import { LoginEnv, readEnv } from './environment.ts'
import { createTelemetry } from './telemetry.ts'

const env = readEnv(LoginEnv)
const { log, metrics, published } = createTelemetry(env.POWERTOOLS_SERVICE_NAME)
const clock = Date.now
const host = { baseUrl: env.ERP_BASE_URL, buildId: env.ERP_BUILD_ID, packageId: env.ERP_PACKAGE_ID }

/** Secrets Manager calls this for each step of a rotation. */
export const handler = published(
  createRotation({
    client: new SecretsManagerClient(clientSettings()),
    sessionId: env.ERP_SESSION_ID,
    credentialsId: env.ERP_CREDENTIALS_ID,
    login: withLoginMetrics(
      createLogin({ ...host, validSeconds: Number(env.ERP_LOGIN_VALID_SECONDS), clock }),
      metrics,
    ),
    trySession: withSessionCheckMetrics(createVerifySession({ ...host, isBlind: env.ERP_READ === 'never' }), metrics),
    clock,
    log,
  }),
)
