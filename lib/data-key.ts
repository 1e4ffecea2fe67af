import { type RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { type IKey, Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'

/**
 * What a function does with the key, by what it does. The constructs' own grants would add every way to encrypt, and let a
 * function use the key past the service that keeps the data.
 */
const uses = {
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
  queue: { service: 'sqs', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
  records: {
    service: 'dynamodb',
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
  },
  due: { service: 'dynamodb', actions: ['kms:Decrypt', 'kms:DescribeKey'] },
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
  secret: { service: 'secretsmanager', actions: ['kms:Decrypt'] },
  editedSecret: { service: 'secretsmanager', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
} as const

/** How everything that holds data is kept. Without a key of the operator's own, one of AWS's encrypts it. */
export type Keeping = { readonly removalPolicy: RemovalPolicy; readonly encryptionKey: IKey | undefined }

/** A key of the operator's own that encrypts what the bridge keeps. */
export type DataKey = {
  key: IKey
  /** Lets a function use it for what it does. */
  allow(grantee: IGrantable, ...ways: (keyof typeof uses)[]): void
}

/** The key of an ARN, which belongs to somebody else: its own policy isn't touched. */
export function dataKey(scope: Construct, arn: string): DataKey {
  const key = Key.fromKeyArn(scope, 'DataKey', arn)
  const { region } = Stack.of(scope)
  return {
    key,
    allow(grantee, ...ways) {
      for (const { service, actions } of ways.map((way) => uses[way])) {
        Grant.addToPrincipal({
          grantee,
          actions: [...actions],
          resourceArns: [key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
        })
      }
    },
  }
}
