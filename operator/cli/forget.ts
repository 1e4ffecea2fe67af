import { parseArgs } from 'node:util'
import { MessageId } from '../../functions/state/changes.ts'
import { eraseStoredData } from '../forget/erase.ts'
import { findStoredData, type NotErased, type StoredData } from '../forget/find-stored-data.ts'
import { type BridgeAccess, homeOptions, type OpenBridge } from '../open/bridge.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { escapeControl, isoTime, json, table } from './output.ts'
import { startProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

const forgetUsage = `npm run forget -- MESSAGE_ID [options]

Deletes all that the bridge keeps of one chat message, in the ERP nothing: its record with what is parked, its links and what
objects held for it alone, and the dead letters that name it. What is of others too stays, without it. What happens
afterwards begins anew.

  MESSAGE_ID            one that begins with a dash goes behind --
  --dry-run             only list what is kept; with --json word for word
  --yes                 don't ask
  --json                for scripts
  --stack NAME          of a bridge on AWS (--region eu-central-1)

It ends with 0 when all was done, 1 when something could not be done, 2 when the arguments make no sense, and 3 when nobody
confirmed it.`

const options = {
  ...homeOptions,
  'dry-run': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** Forgets a chat message. */
export async function forgetCommand(args: string[], open: OpenBridge, terminal: Terminal): Promise<ExitCode> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options })
  const messageId = messageIdOf(positionals)
  const { json: asJson, yes, 'dry-run': isDry } = values
  if (!yes && !isDry && !terminal.ask) {
    terminal.stderr.write('chatroom-bridge: nothing was forgotten: it needs --yes where nobody can be asked\n')
    return exitCodes.notConfirmed
  }
  const home = await open(values)
  try {
    return await forget(home, messageId, { mustAsk: !yes && !isDry, isDry, asJson, terminal })
  } finally {
    home.close()
  }
}

/** @throws UsageError */
function messageIdOf([text, ...more]: string[]): string {
  if (text === undefined || more.length > 0) throw new UsageError(`which chat message? ${forgetUsage}`)
  const messageId = MessageId.safeParse(text)
  if (!messageId.success) throw new UsageError(`${text}: ${messageId.error.issues[0]?.message}`)
  return messageId.data
}

async function forget(
  home: BridgeAccess,
  messageId: string,
  { mustAsk, isDry, asJson, terminal }: { mustAsk: boolean; isDry: boolean; asJson: boolean; terminal: Terminal },
): Promise<ExitCode> {
  const looking = startProgress(terminal, 'looked at')
  const found = await findStoredData(home, messageId, looking.step).finally(looking.end)
  const { kept } = found
  if (mustAsk && kept.length > 0) {
    terminal.stderr.write(`${tableOf(kept)}\n`)
    const answer = await terminal.ask?.(`Forget all of this of chat message ${messageId} for good? Type yes: `)
    if (answer?.trim() !== 'yes') {
      terminal.stderr.write('chatroom-bridge: nothing was forgotten\n')
      return exitCodes.notConfirmed
    }
  }
  const progress = startProgress(terminal, 'forgotten', { of: kept.length })
  const failed = isDry ? [] : await eraseStoredData(home, found, progress.step).finally(progress.end)
  const left = [...found.left, ...failed]
  for (const { where, why } of left) terminal.stderr.write(`${escapeControl(where)}: ${escapeControl(why)}\n`)
  const told = { messageId, isDry, kept, left, beyondReach: home.notErasedNote }
  terminal.print(asJson ? inJson(told) : inWords(told))
  return left.length === 0 ? exitCodes.done : exitCodes.failed
}

type Told = { messageId: string; isDry: boolean; kept: StoredData[]; left: NotErased[]; beyondReach: string }

/** What was kept is told only where it still is. */
function inJson({ messageId, isDry, kept, left, beyondReach }: Told): string {
  const items = kept.map(({ key: _, since, contents, ...item }) => ({
    ...item,
    since: isoTime(since),
    ...(isDry && { contents }),
  }))
  return json({ messageId, [isDry ? 'kept' : 'forgotten']: items, left, beyondReach })
}

function inWords({ messageId, isDry, kept, left, beyondReach }: Told): string {
  if (isDry) return kept.length === 0 ? `Nothing is kept of chat message ${messageId}.` : tableOf(kept)
  const result =
    left.length > 0
      ? `Chat message ${messageId} is forgotten, but for what could not be done.`
      : kept.length === 0
        ? `Nothing was kept of chat message ${messageId}.`
        : `Chat message ${messageId} is forgotten.`
  return `${result}\n${beyondReach}`
}

/** What is kept, a line each, and nothing of what it says. */
function tableOf(kept: readonly StoredData[]): string {
  return table(
    ['WHERE', 'SINCE', 'HOLDS', 'WILL BE'],
    kept.map(({ where, since, holds, stays }) => [where, isoTime(since), holds, stays ? 'left without it' : 'deleted']),
  )
}
