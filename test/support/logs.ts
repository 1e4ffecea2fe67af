import { createServer } from 'node:http'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { type AwsServer, startAwsServer } from './aws-server.ts'

/**
 * Logs Insights on loopback, as its API reference has it: a query is started with groups, a span in seconds and a text, its
 * results are asked for until it is complete, and each is a list of fields.
 */
export type LocalLogs = AwsServer & {
  logs: CloudWatchLogsClient
  /** Appends lines to a group. */
  write(group: string, lines: readonly string[]): void
  /** What the queries to come end with. */
  end: 'Complete' | 'Failed'
}

type Query = { logGroupNames: string[]; startTime: number; endTime: number; queryString: string; limit: number }

/** The form of query that this server knows. */
const known = /^fields @timestamp, @message \| filter @message like \/(.+)\/ \| sort @timestamp asc$/s

export async function startLogs(): Promise<LocalLogs> {
  const groups = new Map<string, { at: number; text: string }[]>()
  const queries = new Map<string, { query: Query; looks: number }>()
  const refused = (name: string) => ({ status: 400, body: { __type: name, message: name } })

  function startQuery(query: Query) {
    if (query.logGroupNames.some((name) => !groups.has(name))) return refused('ResourceNotFoundException')
    if (!known.test(query.queryString) || query.limit > 10_000) return refused('MalformedQueryException')
    const queryId = `query-${queries.size}`
    queries.set(queryId, { query, looks: 0 })
    return { status: 200, body: { queryId } }
  }

  function results({ queryId }: { queryId: string }) {
    const asked = queries.get(queryId)
    if (!asked) return refused('ResourceNotFoundException')
    asked.looks += 1
    if (asked.looks === 1) return { status: 200, body: { status: 'Running', results: [] } }
    const { logGroupNames, startTime, endTime, queryString, limit } = asked.query
    const pattern = new RegExp(known.exec(queryString)?.[1] ?? '', 'u')
    const found = logGroupNames
      .flatMap((name) => groups.get(name) ?? [])
      .filter(({ at, text }) => at >= startTime * 1000 && at <= endTime * 1000 && pattern.test(text))
      .sort((one, other) => one.at - other.at)
      .slice(0, limit)
    const fields = found.map(({ at, text }) => [
      { field: '@timestamp', value: new Date(at).toISOString().replace('T', ' ').replace('Z', '') },
      { field: '@message', value: text },
      { field: '@ptr', value: 'ptr' },
    ])
    return { status: 200, body: { status: server.end, results: fields } }
  }

  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const input = JSON.parse(Buffer.concat(chunks).toString())
    const isStart = String(request.headers['x-amz-target']).endsWith('.StartQuery')
    const { status, body } = isStart ? startQuery(input) : results(input)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  })
  const aws = await startAwsServer(http)
  const logs = new CloudWatchLogsClient({ ...clientSettings(), ...aws.client })
  const server: LocalLogs = {
    ...aws,
    logs,
    end: 'Complete',
    write(group, lines) {
      const stream = groups.get(group) ?? []
      groups.set(group, stream)
      for (const text of lines) stream.push({ at: Date.now(), text })
    },
    async stop() {
      logs.destroy()
      await aws.stop()
    },
  }
  return server
}
