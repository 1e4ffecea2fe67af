import type { Command } from 'commander'
import type { Check } from '../../doctor/checks.ts'
import {
  action,
  type BridgeOptions,
  type CliContext,
  newCommand,
  printResult,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { escapeControl } from '../output.ts'

/** `doctor`: checks what can go wrong, and says what to do. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const command = withBridgeOptions(newCommand(context, 'doctor', 'Check what can go wrong, and say what to do'))
    .description(
      'Check Node, settings, port, data folder, sources, ERP and clock; with --stack the stack and its alarm mail. Reads only.',
    )
    .option('--json', 'print JSON for scripts')
    .action(
      action<[BridgeOptions & { json?: true }]>(context, async (options) => {
        const { checkBridge, checkLocal } = await import('../../doctor/doctor.ts')
        const open = () => context.openBridge(options)
        const checks =
          options.stack === undefined
            ? await checkLocal(() => context.settings(options), open)
            : [...(await checkBridge(open)), ...(await stackChecks(options.stack, options.region))]
        printResult(terminal, options.json, checks, () => checksText(checks))
        return checks.some(({ result }) => result === 'failed') ? exitCodes.failed : exitCodes.done
      }),
    )
  return withHelp(
    command,
    'chatroom-bridge doctor',
    '0 nothing failed, 1 something failed, 2 the arguments make no sense',
  )
}

async function stackChecks(stack: string, region: string): Promise<Check[]> {
  const { checkStack } = await import('../../doctor/aws-checks.ts')
  return checkStack(stack, region).catch((error: Error) => [
    { name: 'stack', result: 'skipped' as const, detail: `it cannot be read: ${error.name}` },
  ])
}

function checksText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.flatMap(({ name, result, detail, fix }) => [
    `${result.padEnd(8)} ${name.padEnd(width)}  ${escapeControl(detail)}`,
    ...(fix === undefined ? [] : [`${''.padEnd(8)} ${''.padEnd(width)}  → ${escapeControl(fix)}`]),
  ])
  const count = (result: Check['result']) => checks.filter((check) => check.result === result).length
  return [...lines, '', `${count('failed')} failed, ${count('warning')} warnings, ${count('ok')} ok`].join('\n')
}
