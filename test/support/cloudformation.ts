import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * A CloudFormation that knows one stack and its outputs (API reference, DescribeStacks; query protocol).
 * @returns its endpoint
 */
export async function startCloudFormation(stack: string, outputs: Record<string, string>): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const asked = new URLSearchParams(Buffer.concat(chunks).toString())
    const isKnown = asked.get('Action') === 'DescribeStacks' && asked.get('StackName') === stack
    response
      .writeHead(isKnown ? 200 : 400, { 'content-type': 'text/xml' })
      .end(isKnown ? described(stack, outputs) : missing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const namespace = 'http://cloudformation.amazonaws.com/doc/2010-05-15/'
const missing = `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack does not exist</Message></Error><RequestId>1</RequestId></ErrorResponse>`

function described(stack: string, outputs: Record<string, string>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  return `<DescribeStacksResponse xmlns="${namespace}"><DescribeStacksResult><Stacks><member><StackName>${stack}</StackName><CreationTime>2026-11-22T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></DescribeStacksResponse>`
}
