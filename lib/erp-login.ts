import { Stack } from 'aws-cdk-lib'
import { Grant } from 'aws-cdk-lib/aws-iam'
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnRotationSchedule, type Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'

/** Secrets Manager rotates no more often; hours. */
const leastHours = 4

/** What makes the login function renew the ERP's session: Secrets Manager, by a schedule and when deliver asks for it. */
export class ErpLogin extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly login: IFunction
      readonly deliver: IFunction
      readonly session: Secret
      readonly credentials: Secret
      /** Seconds that a session lasts: it is renewed after half of them. */
      readonly validSeconds: number
    },
  ) {
    super(scope, id)
    const { login, deliver, session, credentials } = props
    const allow = (grantee: IFunction, actions: string[], resource: string) =>
      Grant.addToPrincipal({ grantee, actions, resourceArns: [resource] })
    const read = 'secretsmanager:GetSecretValue'
    allow(login, [read], credentials.secretArn)
    const write = ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage']
    allow(login, [read, ...write], session.secretArn)
    allow(deliver, ['secretsmanager:RotateSecret'], session.secretArn)
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html asks for this too.
    allow(deliver, ['lambda:InvokeFunction'], login.functionArn)

    // Not the ready-made schedule: that one lets the function have random passwords made, and any account's
    // Secrets Manager call it.
    const permission = new CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: login.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: Stack.of(this).account,
      sourceArn: session.secretArn,
    })
    const hours = Math.max(leastHours, Math.floor(props.validSeconds / 2 / 3600))
    const schedule = new CfnRotationSchedule(this, 'Schedule', {
      secretId: session.secretArn,
      rotationLambdaArn: login.functionArn,
      rotationRules: { scheduleExpression: `rate(${hours} hours)` },
      // At the first deploy nobody has filled in the credentials.
      rotateImmediatelyOnUpdate: false,
    })
    // Secrets Manager tries the function as soon as there is a schedule.
    schedule.node.addDependency(permission, login)
  }
}
