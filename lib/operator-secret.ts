import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { Keeping } from './data-key.ts'

/**
 * A secret that operators fill with the bridge's commands, or a function that may. It begins as an empty JSON object, and the
 * template never says anything else of it: a changed template would overwrite what is stored.
 */
export class OperatorSecret extends Construct {
  readonly secret: Secret

  constructor(
    scope: Construct,
    id: string,
    { description, removalPolicy, encryptionKey }: Keeping & { readonly description: string },
  ) {
    super(scope, id)
    const secret = new Secret(this, 'Secret', { description, removalPolicy })
    const resource = secret.node.defaultChild as CfnSecret
    // CloudFormation takes one or the other.
    resource.generateSecretString = undefined
    resource.secretString = '{}'
    // Past the construct, whose grant doesn't reach roles where the key is somebody else's (see data-key.ts).
    if (encryptionKey) resource.kmsKeyId = encryptionKey.keyArn
    this.secret = secret
  }

  /**
   * Lets a function change what it holds, by putting a version and then making it the current one. The secret's own grant
   * would add its description and its key.
   */
  grantEdit(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
      resourceArns: [this.secret.secretArn],
    })
  }
}
