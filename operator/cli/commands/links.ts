import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { Change } from '../../../functions/state/changes.ts'
import { linksKept } from '../../../functions/state/object/object-state.ts'
import { InvalidInputError } from '../../invalid-input.ts'
import { changeLink } from '../../links/change.ts'
import { type LinkRow, parseLink } from '../../links/file.ts'
import { importLinks } from '../../links/import.ts'
import { exportLinks, listLinks } from '../../links/list.ts'
import { findObject, type ObjectDetails } from '../../links/show.ts'
import type { BridgeAccess } from '../../open/bridge.ts'
import { isoTime } from '../../time.ts'
import {
  bridgeAction,
  type CliContext,
  newCommand,
  printResult,
  reportFailures,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { counted, details, escapeControl, table } from '../output.ts'

type Options = { source?: string; dryRun?: true; json?: true }

/** `links`: links objects of sources to chat messages, and shows what is linked. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const links = newCommand(context, 'links', 'Link objects of sources to chat messages')
  const add = (name: string, summary: string) => {
    const command = withBridgeOptions(newCommand(context, name, summary))
    links.addCommand(command)
    return command
  }
  const change = (present: boolean) =>
    bridgeAction<[string, string, string]>(
      context,
      async (bridge, ...fields) => changeOne(bridge, linkOf(fields), present),
      (...fields) => void linkOf(fields),
    )
  const changeOne = async (bridge: BridgeAccess, link: LinkRow, present: boolean): Promise<ExitCode> => {
    const name = escapeControl(`${link.source} ${link.object}`)
    const { messageId } = link
    switch (await changeLink(bridge, { ...link, present })) {
      case 'done':
        terminal.print(`${name} is ${present ? '' : 'no longer '}linked to chat message ${messageId}.`)
        return exitCodes.done
      case 'was not linked':
        terminal.print(`${name} was not linked to chat message ${messageId}.`)
        return exitCodes.done
      case 'queued':
        terminal.print(
          `Queued: once the bridge runs, ${name} is ${present ? '' : 'no longer '}linked to chat message ${messageId}.`,
        )
        return exitCodes.done
      case 'too many links':
        return reportFailures(terminal, [{ name, why: `it has ${linksKept} links already: remove one first` }])
      case 'overruled':
        return reportFailures(terminal, [
          {
            name,
            why: `a newer event says that its link to chat message ${messageId} is ${present ? 'gone' : 'there'}`,
          },
        ])
    }
  }
  for (const [name, present] of [
    ['add', true],
    ['remove', false],
  ] as const) {
    add(name, present ? 'Link an object to a chat message from now on' : 'End a link; what was done stays')
      .argument('<source>', 'the name of the source')
      .argument('<object>', "the source's own id of the thing; one that begins with a dash goes behind --")
      .argument('<message>', 'the chat message')
      .action(change(present))
  }
  add('list', 'List every linked object with its chat messages')
    .option('--source <name>', 'only this source')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[Options]>(context, async (bridge, { source, json }) => {
        const objects = await listLinks(bridge, source)
        printResult(
          terminal,
          json,
          objects.map(({ since, ...one }) => ({ ...one, since: isoTime(since) })),
          () =>
            objects.length === 0
              ? 'Nothing is linked.'
              : table(
                  ['OBJECT', 'SOURCE', 'CHAT MESSAGES', 'LINKED SINCE'],
                  objects.map((one) =>
                    'why' in one
                      ? [one.key, undefined, undefined, isoTime(one.since)]
                      : [one.object, one.source, one.messageIds.join(', '), isoTime(one.since)],
                  ),
                ),
        )
        return reportFailures(
          terminal,
          objects.flatMap((one) => ('why' in one ? [{ name: one.key, why: one.why }] : [])),
        )
      }),
    )
  add('show', 'Show what an object is linked to, and which events wait for a link')
    .argument('<source-or-object>', 'the source of the object, or the object alone')
    .argument('[object]', 'the object')
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[string, string | undefined, Options]>(context, async (bridge, first, second, { json }) => {
        const object = second ?? first
        const sources = second === undefined ? [...bridge.sources.keys()] : [first]
        const [only, ...others] = await findObject(bridge, sources, object)
        if (!only)
          return reportFailures(terminal, [{ name: object, why: `nothing is known of it (${sources.join(', ')})` }])
        if (others.length > 0) {
          const names = [only, ...others].map(({ source }) => source).join(', ')
          return reportFailures(terminal, [
            { name: object, why: `it is an object of ${names}: name the source before it` },
          ])
        }
        printResult(terminal, json, [only], () => objectText(only))
        return reportFailures(terminal, 'why' in only ? [{ name: object, why: only.why }] : [])
      }),
    )
  add('export', 'Print every link as CSV: a header, then source,object,message')
    .option('--source <name>', 'only this source')
    .action(
      bridgeAction<[Options]>(context, async (bridge, { source }) => {
        const { csv, unreadable } = await exportLinks(bridge, source)
        // print adds the line feed of the last CRLF.
        terminal.print(csv.slice(0, -1))
        return reportFailures(
          terminal,
          unreadable.map(({ key, why }) => ({ name: key, why })),
        )
      }),
    )
  add('import', 'Link what a CSV file says: all of it, or nothing where a line is wrong')
    .argument('<file>', 'as export writes it; - for standard input')
    .option('--dry-run', 'only say what would be done')
    .action(
      bridgeAction<[string, Options]>(context, async (bridge, path, { dryRun = false }) => {
        const { problems, queued, existing, removed } = await importLinks(bridge, await bytesOf(path), {
          isDryRun: dryRun,
        })
        const lines = [...problems, ...removed].map(({ line, why }) => ({ name: `${path}:${line}`, why }))
        const code = reportFailures(terminal, lines)
        if (problems.length > 0) {
          terminal.stderr.write(`chatroom-bridge: nothing was sent: ${counted(problems.length, 'problem')}\n`)
          return code
        }
        const parts = [
          `${counted(queued, 'link')} ${dryRun ? 'would be queued' : 'queued'}`,
          ...(existing > 0 ? [`${existing} there already`] : []),
          ...(removed.length > 0 ? [`${removed.length} left removed`] : []),
        ]
        terminal.print(parts.join(', '))
        return code
      }),
    )
  return withHelp(
    links,
    'chatroom-bridge links add github club/office#7 42',
    '0 done or queued, 1 something could not be done, 2 the arguments make no sense',
  )
}

/** Reads the arguments of add and remove; options follow them. @throws InvalidInputError */
function linkOf(fields: readonly string[]): LinkRow {
  const link = parseLink(fields.slice(0, 3))
  if ('why' in link) throw new InvalidInputError(link.why)
  return link
}

async function bytesOf(path: string): Promise<Uint8Array> {
  if (path === '-') return buffer(process.stdin)
  return readFile(path).catch((cause) => {
    throw new Error(`${path} can't be read (${cause.code}): give the file of links`, { cause })
  })
}

function objectText(found: ObjectDetails): string {
  const name = `${found.source} ${found.object}`
  if ('why' in found) return details(name, { body: found.body })
  const { links, held } = found
  return [
    escapeControl(name),
    links.length === 0
      ? '\nIt is not linked to a chat message.'
      : `\n${table(
          ['CHAT MESSAGE', 'LINKED', 'ADDED', 'REMOVED'],
          links.map(({ messageId, linked, added, removed }) => [messageId, linked ? 'yes' : 'no', added, removed]),
        )}`,
    held.length === 0
      ? '\nNo event waits for a link.'
      : `\n${table(
          ['EVENT', 'ACTOR', 'HAPPENED', 'ASKS FOR', 'HELD UNTIL'],
          held.map(({ eventId, actor, at, until, change }) => [eventId, actor, at, changeText(change), until]),
        )}`,
  ].join('\n')
}

function changeText(change: Change): string {
  switch (change.kind) {
    case 'completed':
      return `completed ${change.value}`
    case 'reaction':
      return `reaction ${change.emoji}${change.present ? '' : ' removed'}`
    case 'text':
      return `text ${change.text}`
    case 'attachment':
      return `attachment ${change.attachment.filename}${change.present ? '' : ' removed'}`
  }
}
