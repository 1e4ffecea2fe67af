import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation'
import { openAwsBridge } from '../operator/open/aws-bridge.ts'
import type { BridgeAccess } from '../operator/open/bridge.ts'
import type { Commands } from './commands.ts'

/** A stage of the bridge, deployed with the CDK as its README says. */
export type Deployment = {
  name: string
  /** Deploys it, or what changed of its settings. */
  deploy(settings?: Record<string, unknown>): Promise<void>
  /** The physical names of its parts by their types, such as AWS::SQS::Queue; sorted. */
  parts(type: string): Promise<string[]>
  /** One of the bridge's own commands, such as `secrets add generic`. @returns what it printed */
  operate(command: string, input?: string): Promise<string>
  open(): Promise<BridgeAccess>
  exists(): Promise<boolean>
  unprotect(): Promise<void>
  /** @returns whether it went away, and what the CDK said */
  destroy(): Promise<{ isDead: boolean; said: string }>
}

/** @param options.out takes the CDK's output, so that the project's own stays as it is */
export function createDeployment({
  stage,
  region,
  commands,
  out,
  settings: first,
}: {
  stage: string
  region: string
  commands: Commands
  out: string
  settings: Record<string, unknown>
}): Deployment {
  const StackName = `chatroom-bridge-${stage}`
  const client = new CloudFormationClient({ region })
  let settings: Record<string, unknown> = { STAGE: stage, REGION: region, ...first }
  const cdk = () =>
    Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ')

  const exists = () =>
    client.send(new DescribeStacksCommand({ StackName })).then(
      () => true,
      (error: Error) => {
        if (error.name === 'ValidationError') return false
        throw error
      },
    )

  return {
    name: StackName,
    async deploy(changed = {}) {
      settings = { ...settings, ...changed }
      await commands.run(`npx cdk deploy --require-approval never --output ${out} ${cdk()}`)
    },
    async parts(type) {
      const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName }))
      return StackResources.filter(({ ResourceType }) => ResourceType === type)
        .map(({ PhysicalResourceId = '' }) => PhysicalResourceId)
        .sort()
    },
    operate: (command, input = '') =>
      commands.run(`npx chatroom-bridge ${command} --stack ${StackName} --region ${region}`, { input }),
    open: () => openAwsBridge(StackName, region),
    exists,
    async unprotect() {
      await client.send(new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }))
    },
    async destroy() {
      const { all } = await commands.end(`npx cdk destroy --force --output ${out} ${cdk()}`)
      return { isDead: !(await exists()), said: all }
    },
  }
}
