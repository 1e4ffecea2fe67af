import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { startDynamo } from '../support/dynamodb.ts'
import { startSecretsManager } from '../support/secrets-manager.ts'
import { startSqs } from '../support/sqs.ts'
import { erpToken, webhookSecret } from './home.ts'
import type { AwsPlace } from './on-aws.ts'

// Runs in a process of its own: local servers in place of AWS, and what a stack would have made there.
const [sqs, dynamo, secrets] = await Promise.all([startSqs(), startDynamo(), startSecretsManager()])
const { url, deadLettersUrl } = await sqs.createQueues(10)
const store = (Name: string, value: unknown) =>
  secrets.secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
await store('webhook-secrets', { generic: [webhookSecret] })
await store('erp-session', { token: erpToken })
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
