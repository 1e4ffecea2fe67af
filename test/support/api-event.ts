import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { WebhookRequest } from '../../functions/sources/source.ts'

/** What API Gateway makes of a request: bytes as base64, or text where `asText` says that it took them for text. */
export function apiEvent(
  { method, url, headers, body }: WebhookRequest,
  { asText = false } = {},
): APIGatewayProxyEventV2 {
  const mark = url.indexOf('?')
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: mark < 0 ? '' : url.slice(mark + 1),
    headers,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'api.example',
      domainPrefix: 'api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey: '$default',
      stage: '$default',
      time: '22/Nov/2026:12:00:00 +0000',
      timeEpoch: 0,
    },
    body: Buffer.from(body).toString(asText ? 'utf8' : 'base64'),
    isBase64Encoded: !asText,
  }
}
