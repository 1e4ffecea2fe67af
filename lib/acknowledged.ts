import { type Stack, Validations } from 'aws-cdk-lib'

/** Findings of cdk-nag that are meant to be as they are, each with its reason. */
const findings = [
  {
    id: 'AwsSolutions::AwsSolutions-APIG4',
    reason:
      'Senders of webhooks can sign neither for IAM nor a JWT: ingest verifies their signatures over the raw body.',
  },
  {
    id: 'AwsSolutions::AwsSolutions-SMG4',
    reason:
      'A webhook secret stands in the sender’s settings too, and what lets the bridge into the ERP is its operator’s, but for a session by login, which is rotated: npx chatroom-bridge secrets changes them.',
  },
  {
    id: 'Serverless::Serverless-SQSRedrivePolicy',
    reason: 'The queue that has none is the dead-letter queue itself.',
  },
  {
    id: 'Serverless::Serverless-LambdaDLQ',
    reason:
      'API Gateway waits for ingest, the queue keeps what deliver fails, and a failed sweep is made good by the next one.',
  },
  {
    id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
    reason: 'Destinations are for streams: the queue has its own dead-letter queue.',
  },
  {
    id: 'Serverless::Serverless-LambdaTracing',
    reason: 'A trace of every webhook costs more than everything else together; log lines carry the ids.',
  },
]

/** Acknowledges them for a stack, so that every other finding fails the synthesis. */
export function suppressFindings(stack: Stack): void {
  for (const finding of findings) Validations.of(stack).acknowledge(finding)
}
