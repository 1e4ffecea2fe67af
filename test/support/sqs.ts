import { randomUUID } from 'node:crypto'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { buildApp } from 'fauxqs'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { INVALID_MESSAGE_BODY_CHAR } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js'
import { type AwsServer, startAwsServer } from './aws-server.ts'

// SQS takes every character that XML knows (API reference, SendMessage); fauxqs sees two surrogates in 👋 and refuses them.
INVALID_MESSAGE_BODY_CHAR.test = (body) => /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(body)

/** An SQS in memory, on loopback only. */
export type LocalSqs = AwsServer & {
  sqs: SQSClient
  /** Makes a queue and the one of its dead letters. @returns their URLs */
  createQueues(maxReceives: number): Promise<{ url: string; deadLettersUrl: string }>
}

export async function startSqs(): Promise<LocalSqs> {
  const app = buildApp({ logger: false, defaultRegion: 'eu-central-1' })
  await app.ready()
  const server = await startAwsServer(app.server)
  const sqs = new SQSClient({ ...clientSettings(), ...server.client })
  const create = async (name: string, attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
    return QueueUrl
  }
  return {
    ...server,
    sqs,
    async createQueues(maxReceives) {
      const name = randomUUID()
      const deadLettersUrl = await create(`${name}-dead`, {})
      const deadLetterTargetArn = `arn:aws:sqs:eu-central-1:000000000000:${name}-dead`
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: maxReceives })
      return { url: await create(name, { RedrivePolicy }), deadLettersUrl }
    },
    async stop() {
      sqs.destroy()
      await server.stop()
      await app.close()
    },
  }
}
