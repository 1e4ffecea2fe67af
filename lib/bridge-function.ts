import { fileURLToPath } from 'node:url'
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  Architecture,
  type FunctionOptions,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Where the SDK looks for credentials when the environment has none, which Lambda always sets: a sixth of a bundle. It loads
 * them only then.
 */
const neverLoaded = [
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-web-identity',
  '@aws-sdk/credential-provider-http',
  '@smithy/credential-provider-imds',
]

/** A function of functions/lambda, bundled with its SDK clients, and its log group. */
export class BridgeFunction extends Construct {
  readonly function: NodejsFunction
  readonly logGroup: LogGroup

  /** @param props.isRecursive allows it to call itself by its queue, which Lambda stops after about 16 turns otherwise */
  constructor(
    scope: Construct,
    id: string,
    {
      entry,
      logRetention,
      logKey,
      isRecursive = false,
      ...options
    }: FunctionOptions & {
      readonly entry: string
      readonly logRetention: RetentionDays
      readonly logKey: IKey | undefined
      readonly isRecursive?: boolean
    },
  ) {
    super(scope, id)
    this.logGroup = new LogGroup(this, 'Log', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(logKey && { encryptionKey: logKey }),
    })
    // Not the managed policy for basic execution: that one may write to every log group.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    this.logGroup.grantWrite(role)
    this.function = new NodejsFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(10),
      recursiveLoop: isRecursive ? RecursiveLoop.ALLOW : RecursiveLoop.TERMINATE,
      entry: `${root}functions/lambda/${entry}.ts`,
      projectRoot: root,
      depsLockFilePath: `${root}package-lock.json`,
      logGroup: this.logGroup,
      // Lambda's own lines about calls that went well cost as much as ours; its metrics say the same.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      role,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        mainFields: ['module', 'main'],
        minify: true,
        logLevel: LogLevel.WARNING,
        bundleAwsSDK: true,
        externalModules: neverLoaded,
        // Parts of the SDK are CommonJS and call require, which an ES module hasn't.
        banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
      ...options,
    })
  }
}
