import { parseArgs } from 'node:util'
import pMap from 'p-map'
import { dueRegisters, type MessageState, readState } from '../../functions/state/message/message-state.ts'
import { attemptMessage, encode } from '../../functions/state/queue-message.ts'
import { errorMessage } from '../../local/error-messages.ts'
import { type BridgeAccess, homeOptions, type OpenBridge } from '../open/bridge.ts'
import { type PutPreview, previewPut } from '../reconcile/preview-put.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { counted, details, escapeControl, isoTime, json, table } from './output.ts'
import { startProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

const reconcileUsage = `npm run reconcile -- [options]

Lists every chat message of which something is wanted that the ERP is not known to show, and sends an attempt for each. An
attempt never comes before its time: where the ERP asked for a pause, or an answer was lost, it waits for that.

  --dry-run             only list them
  --show                only list them, each with the PUT that an attempt would make now
  --json                for scripts
  --stack NAME          of a bridge on AWS (--region eu-central-1)

It ends with 0 when all was done, 1 when something could not be done, and 2 when the arguments make no sense.`

/** Records that are loaded side by side; each may have 350 KB. */
const sideBySide = 20

/** A chat message that is due. Times are epoch ms. */
type Due = {
  messageId: string
  /** The kinds of what is wanted. */
  wants: string[]
  since?: number
  /** Attempts in a row that did not reach the ERP. */
  failedAttempts: number
  /** Before this no attempt is made. */
  nextAttemptAt?: number
  unreadable?: 'newer' | 'damaged'
  /** Why no attempt was sent. */
  why?: string
} & PutPreview

/** Lists what is wanted but not known to be fulfilled, and sends attempts. */
export async function reconcileCommand(args: string[], open: OpenBridge, terminal: Terminal): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...homeOptions,
      'dry-run': { type: 'boolean', default: false },
      show: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (positionals.length > 0) throw new UsageError(`it takes no ${positionals[0]}: ${reconcileUsage}`)
  const home = await open(values)
  try {
    const { show, json: asJson } = values
    const isDry = values['dry-run'] || show
    const due = await reconcile(home, { isDry, show, terminal })
    report(due, { isDry, show, asJson, terminal })
    return due.some(({ why }) => why !== undefined) ? exitCodes.failed : exitCodes.done
  } finally {
    home.close()
  }
}

async function reconcile(
  home: Pick<BridgeAccess, 'states' | 'queue' | 'erp' | 'host'>,
  { isDry, show, terminal }: { isDry: boolean; show: boolean; terminal: Terminal },
): Promise<Due[]> {
  const { states, queue } = home
  const found = await states.due(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const progress = startProgress(terminal, 'looked at', { of: found.length })
  const one = async ({ messageId }: { messageId: string }): Promise<Due[]> => {
    try {
      const stored = await states.load(messageId)
      const found = stored && dueOf(messageId, stored.body)
      if (!found) return []
      const { state, ...due } = found
      if (show && state) return [{ ...due, ...(await previewPut(home, messageId, state)) }]
      if (due.why === undefined && !isDry) await queue.send(encode(attemptMessage(messageId)))
      return [due]
    } catch (error) {
      return [{ messageId, wants: [], failedAttempts: 0, why: errorMessage(error) }]
    } finally {
      progress.step()
    }
  }
  return (await pMap(found, one, { concurrency: sideBySide }).finally(progress.end)).flat()
}

/** What is due of a record; undefined where it was fulfilled meanwhile. */
function dueOf(messageId: string, body: string): (Due & { state?: MessageState }) | undefined {
  const read = readState(body)
  if ('unreadable' in read) {
    const { unreadable } = read
    const unknown = { messageId, wants: [], failedAttempts: 0, unreadable }
    // Of a damaged one deliver makes a dead letter, and begins anew.
    return unreadable === 'damaged'
      ? unknown
      : { ...unknown, why: 'a newer version of the bridge wrote this record: that one can deliver it' }
  }
  const { attempts, nextAttemptAt } = read.state
  const due = dueRegisters(read.state)
  if (due.length === 0) return undefined
  const since = due.flatMap(({ register }) => register.dueSince ?? [])
  return {
    messageId,
    state: read.state,
    wants: [...new Set(due.map(({ write }) => write.change.kind))],
    ...(since.length > 0 && { since: Math.min(...since) }),
    failedAttempts: attempts,
    ...(nextAttemptAt !== undefined && { nextAttemptAt }),
  }
}

function report(
  due: readonly Due[],
  { isDry, show, asJson, terminal }: { isDry: boolean; show: boolean; asJson: boolean; terminal: Terminal },
): void {
  const failures = due.filter(({ why }) => why !== undefined)
  for (const { messageId, why = '' } of failures)
    terminal.stderr.write(`${escapeControl(messageId)}: ${escapeControl(why)}\n`)
  if (asJson) {
    const told = due.map(({ since, nextAttemptAt, ...one }) => ({
      ...one,
      since: isoTime(since),
      nextAttemptAt: isoTime(nextAttemptAt),
      sent: !isDry && one.why === undefined,
    }))
    terminal.print(json(told))
    return
  }
  if (due.length === 0) {
    terminal.print('Nothing is wanted that the ERP is not known to show.')
    return
  }
  if (show) {
    for (const { messageId, wants, put, noPut } of due) {
      terminal.print(details(messageId, { wants: wants.join(', '), PUT: put ?? noPut }))
    }
    return
  }
  terminal.print(
    table(
      ['CHAT MESSAGE', 'WANTS', 'SINCE', 'FAILED ATTEMPTS', 'NEXT ATTEMPT'],
      due.map(({ messageId, wants, since, failedAttempts, nextAttemptAt, unreadable }) => [
        messageId,
        unreadable ? `a ${unreadable} record` : wants.join(', '),
        isoTime(since),
        String(failedAttempts),
        isoTime(nextAttemptAt) ?? 'now',
      ]),
    ),
  )
  terminal.print(`${counted(due.length - failures.length, 'attempt')} ${isDry ? 'would be sent' : 'sent'}`)
}
