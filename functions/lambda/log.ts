import type { Log } from '../core/ports.ts'

/** One JSON object a line, which CloudWatch Logs reads into fields. */
export const log: Log = (event, fields) => console.log(JSON.stringify({ event, ...fields }))
