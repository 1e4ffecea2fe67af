import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { type Check, ok, skipped, warning } from './checks.ts'

/**
 * Checks a stack's resources, and its alarm mail.
 * @throws where the stack cannot be read
 */
export async function checkStack(stack: string, region: string): Promise<Check[]> {
  const client = new CloudFormationClient({ ...clientSettings(), region })
  const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: stack }))
  const unfinished = StackResources.filter(({ ResourceStatus = '' }) => !ResourceStatus.endsWith('_COMPLETE'))
  const name = 'stack'
  return [
    unfinished.length === 0
      ? ok(name, `${StackResources.length} resources, all complete`)
      : warning(name, `${unfinished.length} resources are not complete`, 'npx cdk deploy, and see what it says'),
    checkSubscription(StackResources.find(({ ResourceType }) => ResourceType === 'AWS::SNS::Subscription')),
  ]
}

function checkSubscription(resource: { PhysicalResourceId?: string | undefined } | undefined): Check {
  const name = 'alarm mail'
  if (!resource) return skipped(name, 'ALARM_EMAIL is not set: alarms go to nobody')
  // A subscription that was not confirmed has no ARN of its own.
  return resource.PhysicalResourceId?.startsWith('arn:')
    ? ok(name, 'subscribed')
    : warning(name, 'the address has not confirmed it', 'click the link in the mail from AWS')
}
