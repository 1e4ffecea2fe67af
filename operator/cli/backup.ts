import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Settings } from '../../functions/settings/settings.ts'
import { lock } from '../../local/files/process-lock.ts'
import { alreadyExists, contentsOf, openSource, snapshot, writeBeside } from '../../local/storage/backup.ts'
import { databasePath } from '../../local/storage/database.ts'
import { assertNoSilentLoss } from '../../local/storage/integrity.ts'
import { type Salvaged, salvage } from '../../local/storage/salvage.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const backupUsage = `npm run backup -- FILE [--force] [--salvage]

  FILE         where to; the bridge may run meanwhile
  --force      replace FILE if it is there already
  --salvage    of a damaged database, copy what can still be read; the bridge and its workers must not run`

/**
 * The operator's way to a copy of all that the bridge on this machine was told and knows.
 * @throws when it can't be made; there is no FILE then, or the one that was there before
 */
export async function backupCommand(
  args: string[],
  settings: () => Pick<Settings, 'DATA_DIR'>,
  { print }: Pick<Terminal, 'print'>,
): Promise<ExitCode> {
  const { path, force, isSalvage } = read(args)
  const { DATA_DIR } = settings()
  const database = databasePath(DATA_DIR)
  if (resolve(path).startsWith(resolve(database))) throw new Error(`${path} is the database itself: give another name`)
  if (existsSync(path) && (!force || statSync(path).isDirectory())) throw new Error(alreadyExists(path))
  if (isSalvage) await salvageTo(path, DATA_DIR, force, print)
  else await backUpTo(path, DATA_DIR, force, print)
  return exitCodes.done
}

async function backUpTo(path: string, folder: string, force: boolean, print: Terminal['print']): Promise<void> {
  const database = databasePath(folder)
  assertNoSilentLoss(database)
  if (!existsSync(database)) throw new Error(nothingIn(folder))
  const source = openSource(database)
  try {
    const contents = await writeBeside(path, force, async (part) => {
      await snapshot(source, part)
      return contentsOf(part)
    })
    print(`${path} holds ${inWords(contents)}; ${size(path)}.`)
    const secrets = join(folder, 'secrets.json')
    if (existsSync(secrets)) print(`Keep ${secrets} too: webhooks are verified with what is in it.`)
  } finally {
    source.close()
  }
}

async function salvageTo(path: string, folder: string, force: boolean, print: Terminal['print']): Promise<void> {
  const database = databasePath(folder)
  const unlock = lock(folder)
  try {
    if (!existsSync(database) && !existsSync(`${database}-wal`)) throw new Error(nothingIn(folder))
    const { messages, states } = await writeBeside(path, force, async (part) => {
      const found = salvage(database, part)
      const isAny = Object.values(found).some(({ saved, lost, mayBeMore }) => saved > 0 || (lost === 0 && !mayBeMore))
      if (!isAny) throw new Error(`nothing in ${database} can be read: put a backup in its place`)
      return found
    })
    print(`Saved of the queue: ${told(messages)}.`)
    print(`Saved of the chat messages: ${told(states)}.`)
  } finally {
    unlock()
  }
  print(`${path} holds ${inWords(contentsOf(path))}; ${size(path)}. ${database} is as it was. To go on:`)
  print(
    `  mkdir ${join(folder, 'damaged')} && mv ${database}* ${join(folder, 'damaged')} && mv ${path} ${database} && npm start`,
  )
}

function nothingIn(folder: string): string {
  return `${folder} holds no data yet: look at DATA_DIR, or run npm start first`
}

function inWords({ webhooks, chatMessages, due, objects, deadLetters }: ReturnType<typeof contentsOf>): string {
  return `${webhooks} queued webhooks, ${chatMessages} chat messages (${due} due), ${objects} objects, ${deadLetters} dead letters`
}

function told({ saved, lost, mayBeMore }: Salvaged): string {
  return `${saved} rows; ${lost}${mayBeMore ? ' or more' : ''} could not be read`
}

function size(path: string): string {
  const bytes = statSync(path).size
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function read(args: string[]): { path: string; force: boolean; isSalvage: boolean } {
  const flag = { type: 'boolean', default: false } as const
  const text = { type: 'string' } as const
  const options = { force: flag, salvage: flag, stack: text, region: text }
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options })
  const [path, ...rest] = positionals
  if (values.stack !== undefined || values.region !== undefined) {
    throw new UsageError('on AWS the table is backed up all the time (point-in-time recovery): restore it in DynamoDB')
  }
  if (!path || rest.length > 0) throw new UsageError(`which file? ${backupUsage}`)
  return { path, force: values.force, isSalvage: values.salvage }
}
