import pMap from 'p-map'
import { countsAsDead } from '../../functions/erp/circuit-breaker.ts'
import { learnsSecret } from '../../functions/sources/registry.ts'
import { readState } from '../../functions/state/message/message-state.ts'
import type { BridgeAccess } from '../open/bridge.ts'
import type { Health } from '../open/health.ts'
import type { LogLine } from '../trace/log-lines.ts'

/** How far back the last event and the last refusal of a source are looked for; ms. */
const logWindow = { 'one machine': 7 * 24 * 3600_000, AWS: 3600_000 }
/** Attempts older than this say nothing about the breaker; ms. */
const breakerWindow = 60_000
/** The most due chat messages whose records are read. */
const maxRead = 200
/** Free bytes below which an operator should act. */
const littleSpace = 200e6

/** Something that an operator has to do, with the subcommand that shows more. */
type Task = { what: string; command?: string }

type SourceStatus = {
  source: string
  kind: string
  hasSecret: boolean
  /** ISO 8601; absent where the log has none. */
  lastEvent?: string
  lastRefusal?: { at: string; status: number }
}

/** The health of a bridge. Times are ISO 8601; what is absent is not known. */
export type Status = {
  version: string
  home: 'one machine' | 'AWS'
  frontDoor: { url: string; isUp: boolean }
  sources: SourceStatus[]
  queue: { waiting: number; delayed: number; oldest?: string }
  chatMessages: { due: number; retried: number; nextAttempt?: string; parked: number }
  deadLetters: number
  erp: { breaker: 'open' | 'closed' | 'not known'; session: string; isDryRun: boolean }
  disk?: Health['disk']
  tasks: Task[]
}

/**
 * Reads the health of a bridge, whether it runs or not.
 * @param options.withLogs false leaves out the last events and refusals, which cost a search on AWS
 */
export async function readStatus(
  bridge: BridgeAccess,
  { version, now, withLogs }: { version: string; now: number; withLogs: boolean },
): Promise<Status> {
  const [isUp, health, due, parked, lines] = await Promise.all([
    isHealthy(bridge.url),
    bridge.health(),
    readDue(bridge.states),
    bridge.states.parked(Number.MAX_SAFE_INTEGER),
    withLogs ? readLog(bridge, now) : [],
  ])
  const sources = await Promise.all(
    [...bridge.sources].map(async ([source, { kind }]) => ({
      source,
      kind,
      hasSecret: (await bridge.secrets.of(source)).length > 0,
      ...lastLines(source, lines),
    })),
  )
  const { queue, deadLetters, disk, session } = health
  const status = {
    version,
    home: bridge.home,
    frontDoor: { url: bridge.url, isUp },
    sources,
    queue: { waiting: queue.waiting, delayed: queue.delayed, ...(queue.oldestAt && { oldest: iso(queue.oldestAt) }) },
    chatMessages: { ...due, parked: parked.length },
    deadLetters,
    erp: {
      breaker: withLogs ? breakerOf(lines, now) : ('not known' as const),
      session: typeof session === 'string' ? session : iso(session.until),
      isDryRun: bridge.isDry,
    },
    ...(disk && { disk }),
  }
  return { ...status, tasks: tasksOf(status, bridge) }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) })).ok
  } catch {
    return false
  }
}

/** Counts what is due, and reads a part of the records for failed attempts and the next attempt. */
async function readDue(states: BridgeAccess['states']) {
  const due = await states.due(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const read = await pMap(
    due.slice(0, maxRead),
    async ({ messageId }) => {
      const stored = await states.load(messageId)
      const state = stored && readState(stored.body)
      return state && 'state' in state ? state.state : undefined
    },
    { concurrency: 20 },
  )
  const retried = read.filter((state) => state && state.attempts > 0)
  const next = retried.flatMap((state) => state?.nextAttemptAt ?? [])
  return {
    due: due.length,
    retried: retried.length,
    ...(next.length > 0 && { nextAttempt: iso(Math.min(...next)) }),
  }
}

function readLog({ log, home }: BridgeAccess, now: number): Promise<LogLine[]> {
  return log.find({ texts: ['"message":"webhook"', '"message":"attempt"'], since: now - logWindow[home] })
}

function lastLines(source: string, lines: readonly LogLine[]): Pick<SourceStatus, 'lastEvent' | 'lastRefusal'> {
  const ofSource = lines.filter((line) => line.message === 'webhook' && line['source'] === source)
  const accepted = ofSource.findLast((line) => Number(line['status']) < 300)
  const refused = ofSource.findLast((line) => Number(line['status']) >= 400)
  return {
    ...(accepted && { lastEvent: iso(accepted.at) }),
    ...(refused && { lastRefusal: { at: iso(refused.at), status: Number(refused['status']) } }),
  }
}

/** The breaker of an instance stands in no store; the reason of the newest attempts tells. */
function breakerOf(lines: readonly LogLine[], now: number): Status['erp']['breaker'] {
  const last = lines.findLast(({ message, at }) => message === 'attempt' && at > now - breakerWindow)
  return last && String(last['outcome']).includes(countsAsDead) ? 'open' : 'closed'
}

function tasksOf(status: Omit<Status, 'tasks'>, bridge: BridgeAccess): Task[] {
  const { frontDoor, sources, chatMessages, deadLetters, erp, disk } = status
  const newest = (source: SourceStatus) => (source.lastRefusal?.at ?? '') > (source.lastEvent ?? '')
  const refusing = sources.filter((one) => newest(one) && [401, 403].includes(one.lastRefusal?.status ?? 0))
  return [
    ...(frontDoor.isUp ? [] : [{ what: `${frontDoor.url} does not answer: ${bridge.offlineHint}` }]),
    ...(chatMessages.parked > 0
      ? [{ what: `something is parked of ${chatMessages.parked} chat messages`, command: 'parked list' }]
      : []),
    ...(deadLetters > 0 ? [{ what: `${deadLetters} dead letters wait`, command: 'parked list' }] : []),
    ...(erp.breaker === 'open' ? [{ what: 'the ERP does not answer', command: 'doctor' }] : []),
    ...refusing.map(({ source }) => ({
      what: `the last webhook of ${source} was refused: compare its secret`,
      command: `secrets show ${source}`,
    })),
    ...(status.home === 'AWS' ? sources : [])
      .filter(({ hasSecret }) => !hasSecret)
      .map(({ source, kind }) => ({
        what: `${source} has no secret and refuses everything`,
        command: `secrets ${learnsSecret(kind) ? 'learn' : 'add'} ${source}`,
      })),
    ...(disk && disk.free < littleSpace
      ? [{ what: `only ${Math.round(disk.free / 1e6)} MB are free on the disk of the data folder: make room` }]
      : []),
  ]
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
