import type { Fault, RecordedRequest } from '../../local/simulated-erp/server.ts'
import { seeded } from '../support/random.ts'
import { refusedEmoji, refusedText } from './story.ts'

/** ms after which a client of the story gives a request up. */
export const erpTimeout = 1_000
/** ms until what nobody waits for any more takes effect. */
const late = { after: erpTimeout + 100, within: 500 }

const html = { headers: { 'content-type': 'text/html' }, body: '<html><h1>It works!</h1></html>' }
const json = { headers: { 'content-type': 'application/json' } }

/** What goes wrong with which share of all requests. */
const faults: { name: string; share: number; make: (chance: number, later: Later) => Fault }[] = [
  { name: '500 before applying', share: 0.01, make: () => ({ kind: 'status', status: 500 }) },
  { name: '500 after applying', share: 0.01, make: () => ({ kind: 'status', status: 500, applied: true }) },
  { name: '502 with HTML', share: 0.005, make: () => ({ kind: 'status', status: 502, ...html, applied: true }) },
  { name: '503', share: 0.01, make: () => ({ kind: 'status', status: 503 }) },
  {
    name: '429 with Retry-After',
    share: 0.01,
    make: () => ({ kind: 'status', status: 429, headers: { ...json.headers, 'retry-after': '30' } }),
  },
  { name: '429 without', share: 0.01, make: () => ({ kind: 'status', status: 429 }) },
  { name: 'time-out before applying', share: 0.005, make: () => ({ kind: 'silence' }) },
  { name: 'time-out after applying', share: 0.005, make: () => ({ kind: 'silence', applied: true }) },
  {
    name: 'applied after the time-out',
    share: 0.005,
    make: (chance, later) => ({
      kind: 'silence',
      later: (apply) => void setTimeout(() => later(apply), late.after + chance * late.within),
    }),
  },
  { name: 'reset before applying', share: 0.005, make: () => ({ kind: 'reset' }) },
  { name: 'reset after applying', share: 0.005, make: () => ({ kind: 'reset', applied: true }) },
  { name: 'reset in the middle of a body', share: 0.01, make: () => ({ kind: 'reset', inBody: true, applied: true }) },
  { name: 'HTML with status 200', share: 0.01, make: () => ({ kind: 'status', status: 200, ...html, applied: true }) },
  { name: 'slow answer', share: 0.02, make: (chance) => ({ kind: 'slow', ms: 100 + chance * 250 }) },
]

/** What an outage looks like from outside. */
const outages: Fault[] = [{ kind: 'reset' }, { kind: 'status', status: 503 }, { kind: 'status', status: 502, ...html }]

type Later = (apply: () => void) => void

/**
 * What goes wrong at the ERP: the n-th request has the same fault for the same seed.
 * @param options.isOut whether there is an outage now
 * @param options.isAlive whether the one who asked still lives: a dead one's PUT is not held back, or it would come after the
 *   successor's, which no bridge can know
 */
export function createFaults({
  seed,
  isOut,
  isAlive,
}: {
  seed: number
  isOut: () => boolean
  isAlive: (request: RecordedRequest) => boolean
}) {
  const random = seeded(seed ^ 0x5eed)
  const counts = new Map<string, number>()
  /** PUTs that were not plainly answered, so that nobody knows what was applied. */
  const doubtful = new Set<RecordedRequest>()

  const draw = (request: RecordedRequest): { name: string; fault: Fault } | undefined => {
    let at = random.next()
    const chance = random.next()
    if (isOut()) return { name: 'in the outage', fault: outages[Math.floor(chance * outages.length)] as Fault }
    for (const { name, share, make } of faults) {
      if (at < share) return { name, fault: make(chance, (apply) => isAlive(request) && apply()) }
      at -= share
    }
    return undefined
  }

  return {
    counts,
    doubtful,
    fault(request: RecordedRequest): Fault | undefined {
      const drawn = draw(request)
      if (drawn) counts.set(drawn.name, (counts.get(drawn.name) ?? 0) + 1)
      if (drawn && drawn.fault.kind !== 'slow' && request.method === 'PUT') doubtful.add(request)
      return refuses(request) ? refusal(drawn?.fault) : drawn?.fault
    },
  }
}

/** Whether the ERP refuses what a PUT carries. */
export function refuses({ method, body }: RecordedRequest): boolean {
  return (
    method === 'PUT' && (body.includes(`"message_text":"${refusedText}`) || body.includes(`"emoji":"${refusedEmoji}"`))
  )
}

/** What is refused is never applied, whatever goes wrong with the answer. */
function refusal(fault: Fault | undefined): Fault {
  if (!fault || fault.kind === 'slow') return { kind: 'status', status: 422, body: '{"error":"not allowed here"}' }
  return fault.kind === 'silence' ? { kind: 'silence' } : { ...fault, applied: false }
}
