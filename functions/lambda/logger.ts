import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger'
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types'
import type { Log } from '../ports/ports.ts'

/**
 * One JSON object a line, short: its time, function and stage are CloudWatch Logs' own @timestamp and @log, and Lambda takes a
 * line for an INFO unless it finds a level and a time in it:
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
class ShortLine extends LogFormatter {
  formatAttributes({ logLevel: level, message, timestamp }: UnformattedAttributes, attributes: LogAttributes): LogItem {
    const grave = level !== 'INFO' && { level, timestamp: timestamp.toISOString() }
    return new LogItem({ attributes: { message, ...grave, ...attributes } })
  }
}

/** Writes lines through Powertools Logger: what went wrong as an ERROR, the rest as INFO. */
export function createLog(): Log {
  const logger = new Logger({ logFormatter: new ShortLine() })
  return (event, fields) => logger[fields['error'] === undefined ? 'info' : 'error'](event, { ...fields })
}
