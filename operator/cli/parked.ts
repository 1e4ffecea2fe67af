import { parseArgs } from 'node:util'
import { type BridgeAccess, homeOptions, type OpenBridge } from '../open/bridge.ts'
import { dropAction, type Outcome, type ParkedAction, redriveAction } from '../parked/actions.ts'
import { findParked } from '../parked/find.ts'
import { listed, type ParkedItem } from '../parked/item.ts'
import { type Id, idOf, type Selection, selectionOf, selectionOptions } from '../parked/selection.ts'
import { showParked } from '../parked/show.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { details, escapeControl, json } from './output.ts'
import { tableOf } from './parked-table.ts'
import { startProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

const parkedUsage = `npm run parked -- COMMAND [options]

  list                  what waits for an operator: wishes that were parked, and dead letters
  show ID               everything about one, with the ERP's answer
  redrive ID…           tries again: they are due again, or back on the queue
  drop ID…              never tries them again; asks before, unless --yes is given

  ID                    as list shows it: 42/IDENTITY, dead:ID, or 42 for all that is parked of chat message 42;
                        one that begins with a dash goes behind --
  --all                 instead of ids: everything
  --reason TEXT         instead of ids: whose reason has TEXT in it, such as refused, 422, age or full
  --since TIME          instead of ids: set aside since then, such as 30m, 2h, 7d or 2026-11-22T19:00:00Z
  --dry-run             redrive, drop: only say what would be done
  --yes                 drop: don't ask
  --json                for scripts
  --stack NAME          of a bridge on AWS (--region eu-central-1)

It ends with 0 when all was done, 1 when something could not be done, 2 when the arguments make no sense, and 3 when nobody
confirmed a drop.`

const options = {
  ...homeOptions,
  ...selectionOptions,
  'dry-run': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** How many of what would be dropped a person is shown before they are asked. */
const shownBeforeAsking = 20

/** Lists, shows, redrives and drops what waits for an operator. */
export async function parkedCommand(args: string[], open: OpenBridge, terminal: Terminal): Promise<ExitCode> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options })
  const [command = '', ...ids] = positionals
  const { json: asJson, yes, 'dry-run': isDry } = values
  const select = (orAll: boolean) => selectionOf(ids, values, Date.now(), { orAll })
  if (command === 'list') {
    if (ids.length > 0) throw new UsageError('list takes no ids: show ID tells about one')
    const selection = select(true)
    return within(open(values), (home) => list(home, selection, { asJson, terminal }))
  }
  if (command === 'show') {
    if (ids.length !== 1) throw new UsageError('show takes one id')
    const id = idOf(ids[0] as string)
    return within(open(values), (home) => show(home, id, { asJson, terminal }))
  }
  if (command !== 'redrive' && command !== 'drop') throw new UsageError(`which command? ${parkedUsage}`)
  const selection = select(false)
  const decision = command === 'redrive' ? redriveAction : dropAction
  const mustAsk = command === 'drop' && !yes && !isDry
  if (mustAsk && !terminal.ask) {
    terminal.stderr.write('chatroom-bridge: nothing was dropped: it needs --yes where nobody can be asked\n')
    return exitCodes.notConfirmed
  }
  return within(open(values), (home) => decide(home, selection, { decision, mustAsk, isDry, asJson, terminal }))
}

async function within(
  opening: Promise<BridgeAccess>,
  work: (home: BridgeAccess) => Promise<ExitCode>,
): Promise<ExitCode> {
  const home = await opening
  try {
    return await work(home)
  } finally {
    home.close()
  }
}

type Output = { asJson: boolean; terminal: Terminal }

async function list(home: BridgeAccess, selection: Selection, { asJson, terminal }: Output): Promise<ExitCode> {
  const { items } = await found(home, selection, terminal)
  if (asJson) terminal.print(json(items.map(listed)))
  else terminal.print(items.length === 0 ? 'Nothing is set aside.' : tableOf(items))
  return exitCodes.done
}

async function show(home: BridgeAccess, id: Id, { asJson, terminal }: Output): Promise<ExitCode> {
  const shown = await showParked(home, id)
  if (asJson) terminal.print(json(shown))
  else for (const { id, ...fields } of shown) terminal.print(details(id, fields))
  if (shown.length === 0) fail(terminal, { id: id.text, why: whyMissing(id) })
  return shown.length === 0 ? exitCodes.failed : exitCodes.done
}

async function decide(
  home: BridgeAccess,
  selection: Selection,
  { decision, mustAsk, isDry, asJson, terminal }: Output & { decision: ParkedAction; mustAsk: boolean; isDry: boolean },
): Promise<ExitCode> {
  const { items, missing } = await found(home, selection, terminal)
  const impossible = items.map((item) => ({ id: item.id, why: decision.blocker(item) }))
  const refused = impossible.flatMap(({ id, why }): Outcome[] => (why === undefined ? [] : [{ id, why }]))
  const nothing = missing.map((id) => ({ id: id.text, why: whyMissing(id) }))
  const possible = items.filter((item) => decision.blocker(item) === undefined)
  if (mustAsk && possible.length > 0 && !(await isConfirmed(possible, terminal))) {
    terminal.stderr.write('chatroom-bridge: nothing was dropped\n')
    return exitCodes.notConfirmed
  }
  const outcomes = [...nothing, ...refused]
  if (isDry) outcomes.push(...possible.map(({ id }) => ({ id })))
  else {
    const progress = startProgress(terminal, decision.done, { of: possible.length })
    outcomes.push(...(await decision.run(home, possible, progress.step).finally(progress.end)))
  }
  const failures = outcomes.filter(({ why }) => why !== undefined)
  const done = outcomes.length - failures.length
  for (const failure of failures) fail(terminal, failure)
  if (asJson)
    terminal.print(json(outcomes.map(({ id, why }) => ({ id, [isDry ? 'possible' : 'done']: why === undefined, why }))))
  else if (isDry) {
    for (const { id } of possible) terminal.print(`would be ${decision.done}: ${escapeControl(id)}`)
    terminal.print(`${done} would be ${decision.done}`)
  } else terminal.print(`${done} ${decision.done}`)
  return failures.length === 0 ? exitCodes.done : exitCodes.failed
}

async function found(home: BridgeAccess, selection: Selection, terminal: Terminal) {
  const progress = startProgress(terminal, 'looked at')
  return findParked(home, selection, progress.step).finally(progress.end)
}

async function isConfirmed(items: readonly ParkedItem[], { stderr, ask }: Terminal): Promise<boolean> {
  const more = items.length - shownBeforeAsking
  stderr.write(`${tableOf(items.slice(0, shownBeforeAsking))}\n${more > 0 ? `… and ${more} more\n` : ''}`)
  const answer = await ask?.(`Forget ${items.length === 1 ? 'this' : `these ${items.length}`} for good? Type yes: `)
  return answer?.trim() === 'yes'
}

function whyMissing({ kind }: Id): string {
  return kind === 'dead letter'
    ? 'there is no such dead letter; one that is in another command’s hands is back within a minute'
    : 'nothing like this is parked'
}

function fail({ stderr }: Terminal, { id, why = '' }: Outcome): void {
  stderr.write(`${escapeControl(id)}: ${escapeControl(why)}\n`)
}
