import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { FieldError, Response } from '../sources/source.ts'

/** The status' own phrases, as RFC 9457 §4.2.1 wants them with `about:blank`. */
const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
} as const
export type ProblemStatus = keyof typeof titles

/** An answer that says what is wrong and what to do, as RFC 9457 has it. It never repeats what the request carried. */
export function problem(
  status: ProblemStatus,
  detail: string,
  { errors, headers }: { errors?: FieldError[]; headers?: Record<string, string> } = {},
): Response {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: 'about:blank', title: titles[status], status, detail, ...(errors && { errors }) }),
  }
}

/** A JSON answer. */
export function json(status: number, body: unknown): Response {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** The answer as Lambda gives it to API Gateway. */
export function resultOf({ status, headers, body }: Response): APIGatewayProxyStructuredResultV2 {
  return { statusCode: status, ...(headers && { headers }), ...(body !== undefined && { body }) }
}
