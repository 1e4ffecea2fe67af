import type { Command } from 'commander'
import { action, type CliContext, newCommand, withHelp } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

/** `cost`: computes what an event costs on AWS, from counted calls. Needs the packages of developers. */
export function createCommand(context: CliContext): Command {
  const command = newCommand(context, 'cost', 'Compute what an event costs on AWS')
    .description(
      'Count the calls of the real ingest and deliver against local servers, and compute what they cost on AWS.',
    )
    .option('--write', 'write it into docs/cost.md')
    .action(
      action<[{ write?: true }]>(context, async ({ write = false }) => {
        const { printCost } = await import('../../../bench/cost.ts').catch((cause) => {
          throw new Error('cost needs the packages for development: run npm ci first', { cause })
        })
        await printCost(context.terminal.print, { write })
        return exitCodes.done
      }),
    )
  return withHelp(command, 'chatroom-bridge cost', '0 printed, 1 it could not be')
}
