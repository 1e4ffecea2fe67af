import {
  assumed,
  type Line,
  linesOfAMillion,
  linesOfAMonth,
  logBytesOf,
  secretReadsOfABusyMonth,
  total,
} from './bill.ts'
import type { Calls } from './calls.ts'
import { type Price, prices, pricesOf, usd } from './prices.ts'
import type { Standing } from './stack.ts'

/** How many bytes a webhook's body has, for what logging it would cost. */
const bodyBytes = 8_000

/**
 * What docs/cost.md says between its marks.
 * @param full the calls of events that deliver gets ten at a time
 * @param single of those that it gets one by one
 */
export function tablesOf({ full, single, standing }: { full: Calls; single: Calls; standing: Standing }): string {
  const [many, few] = [linesOfAMillion(full, standing), linesOfAMillion(single, standing)]
  const month = linesOfAMonth(single, standing)
  const fixed = total(month)
  const logged = { usd: usd(prices.logs, (bodyBytes * 1_000_000) / 1e9) }
  const share = (lines: Line[]) =>
    `${Math.round((100 * (lines.find(({ name }) => name === 'Logs')?.usd ?? 0)) / total(lines))} %`
  return [
    `Prices of ${pricesOf.region}, noted on ${pricesOf.date}, in USD, without free tiers and taxes.`,
    '',
    '### A million events',
    '',
    table(
      ['', 'in batches of 10', 'USD', 'one by one', 'USD'],
      [
        ...many.map((line, index) => [line.name, line.of, money(line.usd), few[index]?.of, money(few[index]?.usd)]),
        ['**Sum**', '', `**${money(total(many))}**`, '', `**${money(total(few))}**`],
      ],
    ),
    '',
    `Logs are ${share(many)} and ${share(few)} of it. Were each webhook's body of ${bodyBytes / 1000} KB logged too, they would cost`,
    `${money(logged.usd)} more, and be ${percent(logged.usd + logsOf(many), logged.usd + total(many))} of the first sum.`,
    '',
    '### A month, whatever happens',
    '',
    table(
      ['', '', 'USD'],
      [...month.map((line) => [line.name, line.of, money(line.usd)]), ['**Sum**', '', `**${money(fixed)}**`]],
    ),
    '',
    '### Months',
    '',
    table(
      ['', 'events', 'USD'],
      [
        ['idle', '0', money(fixed)],
        ['a club', '10,000, one by one', money(fixed + total(few) / 100)],
        ['a company', '300,000, one by one', money(fixed + 0.3 * total(few) + secretReadsOfABusyMonth())],
        ['busy', '10,000,000, in batches of 10', money(fixed + 10 * total(many) + secretReadsOfABusyMonth())],
      ],
    ),
    '',
    '### What is assumed',
    '',
    `- A call of ingest is billed ${assumed.ingestTime} ms, one of deliver ${assumed.deliverTime} ms: the ERP answers a GET and a PUT in less than that. One that takes`,
    `  a second more costs ${money(usd(prices.lambdaTime, standing.memory.deliver * 976.5625))} more for a million events one by one.`,
    `- An event is the third of its chat message, whose record then has ${Math.round(full.recordBytes)} bytes; each is accepted, and makes a GET and a PUT.`,
    `- ${logBytesNote(full, single, standing)}`,
    `- ${assumed.busyInstances} functions that never rest read their secrets every ${assumed.secretReadEvery} minutes: ${money(secretReadsOfABusyMonth())} a month.`,
    '',
    '### Prices',
    '',
    table(
      ['USD', 'for', 'read for this region', 'from'],
      Object.values(prices).map((price: Price) => [
        String(price.usd.toLocaleString('en', { maximumSignificantDigits: 6 })),
        `${price.per === 1 ? '1' : price.per.toLocaleString('en')} ${price.unit}`,
        price.isVerified ? 'yes' : 'no',
        `<${price.source}>`,
      ]),
    ),
  ].join('\n')
}

function logBytesNote(full: Calls, single: Calls, standing: Standing): string {
  const [many, few] = [full, single].map((calls) => Math.round(logBytesOf(calls, standing)))
  const own = Math.round(
    full.ingest.byConsoleBytes + full.ingest.rawBytes + full.deliver.byConsoleBytes + full.deliver.rawBytes,
  )
  return `Of the ${many} and ${few} bytes that an event leaves in the logs the bridge itself writes ${own}; the rest is the access log and what Lambda adds.`
}

function logsOf(lines: Line[]): number {
  return lines.find(({ name }) => name === 'Logs')?.usd ?? 0
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`
}

function money(amount = 0): string {
  return amount.toFixed(2)
}

function table(titles: string[], rows: (string | undefined)[][]): string {
  const line = (cells: (string | undefined)[]) => `| ${cells.map((cell = '') => cell).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}
