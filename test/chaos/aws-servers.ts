import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { createRotation } from '../../functions/aws/session-rotation.ts'
import { createLogin } from '../../functions/erp/login.ts'
import { createVerifySession } from '../../functions/erp/verify-session.ts'
import { startDynamo } from '../support/dynamodb.ts'
import { startSecretsManager } from '../support/secrets-manager.ts'
import { startSqs } from '../support/sqs.ts'
import { fastClock } from './clock.ts'
import { erpTimeout } from './faults.ts'
import { type ErpOfStory, erpToken, webhookSecret } from './home.ts'
import { type AwsPlace, giveCredentials } from './on-aws.ts'

// Runs in a process of its own: local servers in place of AWS, and what a stack would have made there.
const [sqs, dynamo, secrets] = await Promise.all([startSqs(), startDynamo(), startSecretsManager()])
const { url, deadLettersUrl } = await sqs.createQueues(10)
const store = (Name: string, value: unknown) =>
  secrets.secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
await store('webhook-secrets', { generic: [webhookSecret] })
const { url: erpUrl, credentials, start } = JSON.parse(process.argv[2] as string) as ErpOfStory & { start: number }
const { ARN: sessionId = '' } = await store('erp-session', credentials ? {} : { token: erpToken })
if (credentials) {
  await store('erp-credentials', credentials)
  const clock = fastClock(start)
  const client = secrets.secretsManager
  const host = { baseUrl: erpUrl, timeout: erpTimeout }
  const rotation = createRotation({
    client,
    sessionId,
    credentialsId: 'erp-credentials',
    login: createLogin({ ...host, validSeconds: 86_400, clock }),
    trySession: createVerifySession(host),
    clock,
    log: () => {},
  })
  secrets.rotateWith('erp-session', rotation)
  await giveCredentials(client, credentials)
}
// The SDK calls the host that a queue's URL names, which is none of this machine's.
const here = (queueUrl: string) => new URL(new URL(queueUrl).pathname, sqs.client.endpoint).href
process.on('disconnect', () => process.exit())
process.send?.({
  kind: 'aws',
  sqs: sqs.client,
  dynamo: dynamo.client,
  secrets: secrets.client,
  queueUrl: here(url),
  deadLettersUrl: here(deadLettersUrl),
  table: await dynamo.createTable(),
} satisfies AwsPlace)
