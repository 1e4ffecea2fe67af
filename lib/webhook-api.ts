import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

/**
 * Who called, and how it ended; when, CloudWatch says itself. No path and no query: strangers choose how long they are, and a
 * query may carry a token.
 */
const logged = {
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  status: '$context.status',
  ms: '$context.responseLatency',
  error: '$context.error.message',
}

/** The front door: every request goes to ingest, throttled, so that all answers are the bridge's own. */
export class WebhookApi extends Construct {
  readonly url: string
  readonly api: HttpApi
  readonly stage: HttpStage

  constructor(
    scope: Construct,
    id: string,
    props: {
      readonly ingest: IFunction
      readonly rate: number
      readonly burst: number
      readonly logRetention: RetentionDays
      readonly logKey: IKey | undefined
    },
  ) {
    super(scope, id)
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      defaultIntegration: new HttpLambdaIntegration('Ingest', props.ingest),
    })
    const log = new LogGroup(this, 'AccessLog', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(props.logKey && { encryptionKey: props.logKey }),
    })
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: props.rate, burstLimit: props.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(logged)),
      },
    })
    this.url = this.api.apiEndpoint
  }
}
