import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger'
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types'
import type { Log } from '../core/ports.ts'

/** One JSON object a line, short: its function and stage are CloudWatch Logs' own @log, and not said once more in each line. */
class ShortLine extends LogFormatter {
  formatAttributes({ logLevel, message, timestamp }: UnformattedAttributes, attributes: LogAttributes): LogItem {
    // Lambda takes a line for its own level only where it finds a time too, and adds one else:
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    return new LogItem({ attributes: { level: logLevel, message, timestamp: timestamp.toISOString(), ...attributes } })
  }
}

/** Writes lines through Powertools Logger: what went wrong as an ERROR, the rest as INFO. */
export function createLog(): Log {
  const logger = new Logger({ logFormatter: new ShortLine() })
  return (event, fields) => logger[fields['error'] === undefined ? 'info' : 'error'](event, { ...fields })
}
