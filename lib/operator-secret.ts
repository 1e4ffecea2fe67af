import type { RemovalPolicy } from 'aws-cdk-lib'
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

/**
 * A secret that operators fill with the bridge's commands. It begins as an empty JSON object, and the template never says
 * anything else of it: a changed template would overwrite what is stored.
 */
export class OperatorSecret extends Construct {
  readonly secret: Secret

  constructor(
    scope: Construct,
    id: string,
    props: { readonly description: string; readonly removalPolicy: RemovalPolicy },
  ) {
    super(scope, id)
    const secret = new Secret(this, 'Secret', props)
    const resource = secret.node.defaultChild as CfnSecret
    // CloudFormation takes one or the other.
    resource.generateSecretString = undefined
    resource.secretString = '{}'
    this.secret = secret
  }
}
