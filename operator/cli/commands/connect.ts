import type { Command } from 'commander'
import { connectSteps } from '../../connect/connect.ts'
import {
  type BridgeOptions,
  bridgeAction,
  type CliContext,
  defaultRegion,
  newCommand,
  printResult,
  withBridgeOptions,
  withHelp,
} from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

/** `connect`: prints what a person does to connect a system to this bridge. */
export function createCommand(context: CliContext): Command {
  const { terminal } = context
  const command = withBridgeOptions(newCommand(context, 'connect', 'Print the steps that connect a system'))
    .description("Print the steps that connect a system, with the bridge's URL and secret filled in. Changes nothing.")
    .argument('<source>', 'the source to connect, such as github')
    .option('--url <url>', "how the outside calls this bridge, such as a tunnel's address (default: PUBLIC_URL)")
    .option('--json', 'print JSON for scripts')
    .action(
      bridgeAction<[string, BridgeOptions & { url?: string; json?: true }]>(
        context,
        async (bridge, source, options) => {
          const { stack, region, url: address, json } = options
          const flags =
            stack === undefined ? '' : ` --stack ${stack}${region === defaultRegion ? '' : ` --region ${region}`}`
          const run = (subcommand: string) => `npx chatroom-bridge ${subcommand}${flags}`
          const result = await connectSteps(bridge, source, { address, isAws: stack !== undefined, run })
          printResult(terminal, json, result, () =>
            [
              ...(result.isReachable ? [] : [tunnelHint(bridge.url), '']),
              ...(result.hasSecret
                ? []
                : [
                    `${source} has no secret yet. This makes one; it goes where SECRET-OF-${source} stands:`,
                    '',
                    `     ${run(`secrets add ${source}`)}`,
                    '',
                  ]),
              result.steps,
            ].join('\n'),
          )
          return exitCodes.done
        },
      ),
    )
  return withHelp(
    command,
    'chatroom-bridge connect github --url https://bridge.example',
    '0 printed, 1 it could not be, 2 the arguments make no sense',
  )
}

function tunnelHint(url: string): string {
  return `Other machines cannot reach ${url} yet. Open a tunnel to it, such as

     cloudflared tunnel --url ${url}

start the bridge with the address that it prints (PUBLIC_URL=https://… npm start), and run this again with --url https://….
If the address changes with each tunnel, change it in the other system too.`
}
