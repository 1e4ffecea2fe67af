import type { Calls } from './calls.ts'
import type { Lines } from './log-lines.ts'
import { prices, usd } from './prices.ts'
import type { Standing } from './stack.ts'

/** What is not counted but taken for granted; the page says so. Times in ms. */
export const assumed = {
  /** Time that is billed for a call of ingest, and of deliver, whose chat messages are brought up to date side by side. */
  ingestTime: 15,
  deliverTime: 200,
  sweepTime: 100,
  hoursInAMonth: 730,
  /** Lambda's poller asks an empty queue with five connections that wait for 20 s each. */
  pollers: 5,
  pollerWaits: 20,
  /** Each instance reads a secret again after five minutes, and this many never rest in a busy month. */
  secretReadEvery: 5,
  busyInstances: 2,
  chatMessages: 100_000,
}

/** A line of the bill, for some of the events. */
export type Line = { name: string; of: string; usd: number }

const requestId = '8f507cfc-aaaa-4697-b07a-ac58fc914c95'
/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html */
const consolePrefix = `2026-11-22T12:00:00.000Z\t${requestId}\tINFO\t`
const platformLines = [
  `START RequestId: ${requestId} Version: $LATEST\n`,
  `END RequestId: ${requestId}\n`,
  `REPORT RequestId: ${requestId}\tDuration: 14.53 ms\tBilled Duration: 15 ms\tMemory Size: 256 MB\tMax Memory Used: 108 MB\t\n`,
].join('')

const gigabyte = 1e9
const million = 1_000_000

/** What a million events cost. */
export function linesOfAMillion(calls: Calls, standing: Standing): Line[] {
  const { memory } = standing
  const { deliveries } = calls
  // Lambda's poller receives a batch and deletes it, each in one request.
  const sqs = calls.sqsSends + 2 * deliveries
  const lambda = (count: number, time: number, megabytes: number) =>
    usd(prices.lambdaRequest, count * million) + usd(prices.lambdaTime, (count * million * time * megabytes) / 1024_000)
  const logBytes = logBytesOf(calls, standing)
  return [
    { name: 'API Gateway', of: '1 request', usd: usd(prices.apiRequest, million) },
    {
      name: 'Lambda, ingest',
      of: `1 × ${assumed.ingestTime} ms of ${memory.ingest} MB`,
      usd: lambda(1, assumed.ingestTime, memory.ingest),
    },
    { name: 'SQS', of: `${short(sqs)} requests`, usd: usd(prices.sqsRequest, sqs * million) },
    {
      name: 'Lambda, deliver',
      of: `${short(deliveries)} × ${assumed.deliverTime} ms of ${memory.deliver} MB`,
      usd: lambda(deliveries, assumed.deliverTime, memory.deliver),
    },
    {
      name: 'DynamoDB',
      of: `${short(calls.writeUnits)} write and ${short(calls.readUnits)} read units`,
      usd: usd(prices.dynamoWrite, calls.writeUnits * million) + usd(prices.dynamoRead, calls.readUnits * million),
    },
    { name: 'Logs', of: `${Math.round(logBytes)} bytes`, usd: usd(prices.logs, (logBytes * million) / gigabyte) },
    {
      name: 'Egress',
      of: `${Math.round(calls.egressBytes)} bytes`,
      usd: usd(prices.egress, (calls.egressBytes * million) / gigabyte),
    },
  ]
}

/** Bytes that an event leaves in the logs. */
export function logBytesOf(
  { ingest, deliver, deliveries }: Calls,
  { accessLine, platformLines: isThere }: Standing,
): number {
  const platform = isThere ? platformLines.length * (1 + deliveries) : 0
  return Buffer.byteLength(accessLine) + 1 + platform + linesBytes(ingest) + linesBytes(deliver)
}

function linesBytes({ byConsole, byConsoleBytes, rawBytes }: Lines): number {
  return byConsole * consolePrefix.length + byConsoleBytes + rawBytes
}

/** What a month costs, whether or not anything happens. */
export function linesOfAMonth(calls: Calls, standing: Standing): Line[] {
  const hours = assumed.hoursInAMonth
  const polls = (assumed.pollers * hours * 3600) / assumed.pollerWaits
  const sweeps = (hours * 60) / standing.sweepEvery
  // A sweep asks eight partitions of the index, at half a unit each at least.
  const sweepUsd =
    usd(prices.schedule, sweeps) +
    usd(prices.lambdaRequest, sweeps) +
    usd(prices.lambdaTime, (sweeps * assumed.sweepTime * standing.memory.sweep) / 1024_000) +
    usd(prices.dynamoRead, sweeps * 4)
  const metrics = new Set([...calls.ingest.metrics, ...calls.deliver.metrics]).size + standing.filteredMetrics
  const storedBytes = calls.recordBytes * assumed.chatMessages
  return [
    { name: 'Secrets', of: `${standing.secrets}`, usd: usd(prices.secret, standing.secrets) },
    {
      name: 'SQS, asked by Lambda’s poller while empty',
      of: `${Math.round(polls / 1000)} thousand requests`,
      usd: usd(prices.sqsRequest, polls),
    },
    { name: 'Sweep', of: `${Math.round(sweeps)} sweeps`, usd: sweepUsd },
    { name: 'Custom metrics', of: `${metrics}`, usd: usd(prices.metric, metrics) },
    { name: 'Alarms', of: `on ${standing.alarmMetrics} metrics`, usd: usd(prices.alarm, standing.alarmMetrics) },
    { name: 'Dashboards', of: `${standing.dashboards}`, usd: usd(prices.dashboard, standing.dashboards) },
    {
      name: `Table, with point-in-time recovery, of ${assumed.chatMessages.toLocaleString('en')} chat messages`,
      of: `${Math.round(calls.recordBytes)} bytes each`,
      usd: usd(prices.dynamoStorage, storedBytes / gigabyte) + usd(prices.dynamoRecovery, storedBytes / gigabyte),
    },
  ]
}

/** What functions that never rest pay for reading secrets, each its own, in a month. */
export function secretReadsOfABusyMonth(): number {
  const reads = (assumed.hoursInAMonth * 60) / assumed.secretReadEvery
  return usd(prices.secretRead, reads * assumed.busyInstances)
}

export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, line) => sum + line.usd, 0)
}

function short(count: number): string {
  return String(Math.round(count * 100) / 100)
}
