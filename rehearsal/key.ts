import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { expectWithin } from './expect.ts'

/** A key in KMS, as docs/deploy.md says to make one. */
export type OwnKey = { arn: string; remove(): Promise<void> }

const sub = (text: string) => ({ 'Fn::Sub': text })
const Template = {
  Resources: {
    Key: {
      Type: 'AWS::KMS::Key',
      Properties: {
        PendingWindowInDays: 7,
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in.
              Principal: { AWS: sub('arn:aws:iam::${AWS::AccountId}:root') },
              Action: 'kms:*',
              Resource: '*',
            },
            {
              Effect: 'Allow',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation fills it in.
              Principal: { Service: sub('logs.${AWS::Region}.amazonaws.com') },
              Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
              Resource: '*',
            },
          ],
        },
      },
    },
  },
  Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] } } },
}

/** Makes a key, as a stack of its own. */
export async function makeKey(StackName: string, region: string): Promise<OwnKey> {
  const client = new CloudFormationClient({ region })
  await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(Template) }))
  const arn = await expectWithin(120, 'a key', async () => {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }))
    const [value = ''] = (Stacks[0]?.Outputs ?? []).map(({ OutputValue }) => OutputValue)
    return [value !== '', value]
  })
  return {
    arn,
    async remove() {
      await client.send(new DeleteStackCommand({ StackName }))
    },
  }
}
