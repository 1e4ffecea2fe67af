import { parseArgs } from 'node:util'
import { MessageId, Name } from '../../functions/state/changes.ts'
import { changeLink } from '../links/change.ts'
import type { LinkRow } from '../links/file.ts'
import { importLinks } from '../links/import.ts'
import { exportLinks, listLinks } from '../links/list.ts'
import { showObject } from '../links/show.ts'
import { type BridgeAccess, homeOptions, type OpenBridge } from '../open/bridge.ts'
import { type ExitCode, UsageError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const linksUsage = `npm run links -- COMMAND [options]

  add SOURCE OBJECT MESSAGE      what happens to the object is from now on done to the chat message as well
  remove SOURCE OBJECT MESSAGE   no longer; what was done stays
  list                           every linked object, with its chat messages
  show [SOURCE] OBJECT           what an object is linked to, and what of it is held
  export                         every link as CSV: a header, then source,object,message
  import FILE.csv                links what such a file says, - for standard input; all of it, or nothing where a line is
                                 wrong. What was removed lately stays removed

  SOURCE, OBJECT, MESSAGE        a source's name, its own id of a thing, and a chat message; one that begins with a dash
                                 goes behind --
  --source NAME                  list, export: only this source's
  --dry-run                      import: only say what would be done
  --json                         list, show: for scripts
  --stack NAME                   of a bridge on AWS (--region eu-central-1)

It ends with 0 when it was done or is queued, 1 when something could not be done, and 2 when the arguments make no sense.`

const options = {
  ...homeOptions,
  source: { type: 'string' },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** Which of the options a command takes, beside those that name a home. */
const commands: Record<string, readonly ('source' | 'dry-run' | 'json')[]> = {
  add: [],
  remove: [],
  list: ['source', 'json'],
  show: ['json'],
  export: ['source'],
  import: ['dry-run'],
}

/** Links objects of sources to chat messages, and tells what is linked. */
export async function linksCommand(args: string[], open: OpenBridge, terminal: Terminal): Promise<ExitCode> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options })
  const [command = '', ...rest] = positionals
  const taken = Object.hasOwn(commands, command) ? commands[command] : undefined
  if (!taken) throw new UsageError(`which command? ${linksUsage}`)
  for (const option of ['source', 'dry-run', 'json'] as const) {
    if (values[option] !== undefined && !taken.includes(option)) throw new UsageError(`${command} takes no --${option}`)
  }
  const work = workOf(command, rest, values, terminal)
  const home = await open(values)
  try {
    return await work(home)
  } finally {
    home.close()
  }
}

/** What a command does, once its arguments are known to make sense. @throws UsageError */
function workOf(
  command: string,
  rest: readonly string[],
  values: { source?: string | undefined; 'dry-run'?: boolean | undefined; json?: boolean | undefined },
  terminal: Terminal,
): (home: BridgeAccess) => Promise<ExitCode> {
  const { source, 'dry-run': isDry = false, json: asJson = false } = values
  switch (command) {
    case 'add':
    case 'remove': {
      const link = linkOf(command, rest)
      return (home) => changeLink(home, { ...link, present: command === 'add' }, terminal)
    }
    case 'show': {
      const [object, source, ...more] = rest.toReversed()
      if (object === undefined || more.length > 0)
        throw new UsageError('show takes an object, or a source and its object')
      return (home) => showObject(home, { source, object }, { asJson, terminal })
    }
    case 'import': {
      const [path, ...more] = rest
      if (path === undefined || more.length > 0) throw new UsageError('import takes one file')
      return (home) => importLinks(home, path, { isDry, terminal })
    }
  }
  if (rest.length > 0) throw new UsageError(`${command} takes no ${rest[0]}`)
  if (command === 'list') return (home) => listLinks(home, { source, asJson, terminal })
  return (home) => exportLinks(home, { source, terminal })
}

function linkOf(command: string, rest: readonly string[]): LinkRow {
  const [source, object, message, ...more] = rest
  if (source === undefined || object === undefined || message === undefined || more.length > 0) {
    throw new UsageError(`${command} takes SOURCE OBJECT MESSAGE`)
  }
  if (!Name.safeParse(object).success) throw new UsageError('an object has 1 to 256 characters')
  const messageId = MessageId.safeParse(message)
  if (!messageId.success) throw new UsageError(`${message}: ${messageId.error.issues[0]?.message}`)
  return { source, object, messageId: messageId.data }
}
