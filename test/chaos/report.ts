import type { Outcome } from './run.ts'

/** How much of what is lost or wrong is told. */
const told = 20

/** A table of what was survived, for a person. */
export function report(outcome: Outcome): string {
  const { seed, events, home, workers, seconds, accepted, fates, lost, wrong, orphans, requests, erp, kills } = outcome
  const rows: [string, string | number][] = [
    ['story', `seed ${seed}, ${events} events, ${home}, ${workers} workers, ${seconds} s`],
    [
      'requests',
      `${requests.sent}, of which ${requests.repeated} repeats, ${requests.links} links and ${requests.refused} refused`,
    ],
    ['sent again, unanswered', requests.unanswered],
    ['killed with -9', `${kills.worker} workers, ${kills['front door']} front doors`],
    ['outage of the ERP', `${erp.outageMs} ms of 20 times as fast a story`],
    ...Object.entries(erp.faults).map(([name, count]): [string, number] => [`ERP: ${name}`, count]),
    ['ERP: refused for good', erp.refusals],
    ...(outcome.sessions
      ? [
          ['ERP: sessions that ended', erp.expiries] satisfies [string, number],
          ['ERP: logins', `${erp.logins}, and ${erp.refusedLogins} refused`] satisfies [string, string],
        ]
      : []),
    ['edits by people', outcome.edits],
    ['GETs, PUTs', `${erp.gets}, ${erp.puts} = ${erp.puts - erp.retries} that went well + ${erp.retries} retries`],
    ...Object.entries(outcome.troubles).map(([what, count]): [string, number] => [what, count]),
    ['accepted events', accepted],
    ...Object.entries(fates).map(([fate, count]): [string, number] => [`  ${fate}`, count]),
    ['own, and not known for it', orphans],
    ['lost', lost.length],
    ['wrong', wrong.length],
  ]
  const table = rows.map(([name, value]) => `${name.padEnd(38)}${value}`)
  return [...table, ...lost.slice(0, told), ...wrong.slice(0, told)].join('\n')
}
