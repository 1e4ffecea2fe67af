import { setTimeout as wait } from 'node:timers/promises'
import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { type LogLines, lineOf } from './log-lines.ts'

/** The first and the longest pause between two polls of a query; ms. */
const [firstPause, longestPause] = [50, 1_000]
const timeoutMs = 60_000
/** The most lines that CloudWatch returns. */
const maxLines = 10_000

/** Opens the log of the functions that write to these groups. */
export function openInsights(settings: CloudWatchLogsClientConfig, logGroupNames: string[]): LogLines {
  return createInsights({ client: new CloudWatchLogsClient(settings), logGroupNames })
}

/**
 * Searches CloudWatch with Logs Insights (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html).
 * A line can be found some seconds after it was written, and each search costs by the bytes that it reads.
 */
export function createInsights({
  client,
  logGroupNames,
}: {
  client: CloudWatchLogsClient
  logGroupNames: string[]
}): LogLines {
  return {
    async find({ texts, since }) {
      const { queryId } = await client.send(
        new StartQueryCommand({
          logGroupNames,
          startTime: Math.floor(since / 1000),
          endTime: Math.ceil(Date.now() / 1000),
          queryString: `fields @timestamp, @message | filter @message like /${texts.map(loosely).join('|')}/ | sort @timestamp asc`,
          limit: maxLines,
        }),
      )
      const end = performance.now() + timeoutMs
      for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
        const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }))
        if (status === 'Complete') return results.flatMap((fields) => lineFrom(fields, texts))
        if (status !== 'Scheduled' && status !== 'Running') throw new Error(`the search in the log ended: ${status}`)
        if (performance.now() > end) throw new Error('the search in the log takes too long: try a shorter --since')
        await wait(pause)
      }
    },
  }
}

/** Turns a text into a regular expression that may match too much: special characters become `.+`. */
function loosely(text: string): string {
  return text.replace(/[^\w -]+/g, '.+')
}

function lineFrom(fields: ResultField[], texts: readonly string[]) {
  const value = (name: string) => fields.find(({ field }) => field === name)?.value ?? ''
  const text = value('@message')
  const line = lineOf(text, Date.parse(`${value('@timestamp').replace(' ', 'T')}Z`))
  return line && texts.some((one) => text.includes(one)) ? [line] : []
}
