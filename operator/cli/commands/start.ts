import type { Command } from 'commander'
import type { WebhookSecrets } from '../../../functions/ports/ports.ts'
import { action, type CliContext, newCommand, withDataOption, withHelp } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'

/** `start`: runs the bridge on this machine until it is stopped. */
export function createCommand(context: CliContext): Command {
  const command = withDataOption(newCommand(context, 'start', 'Run the bridge on this machine'))
    .description(
      'Run the bridge on this machine until SIGTERM or Ctrl-C. Settings are environment variables; without ERP_BASE_URL it runs with a simulated ERP.',
    )
    .action(
      action<[{ data?: string }]>(context, async (options) => {
        const { startBridge } = await import('../../../local/server/run-bridge.ts')
        const { createLog } = await import('../../../local/logging/logfmt.ts')
        const { onShutdown } = await import('../../../local/server/shutdown.ts')
        const { print } = context.terminal
        const settings = await context.settings(options)
        const bridge = await startBridge(settings, createLog(print))
        print(await welcome(bridge))
        if (settings.DRY_RUN) print('This is a dry run (DRY_RUN): nothing is PUT to the ERP\n')
        onShutdown(bridge.stop)
        return exitCodes.done
      }),
    )
  return withHelp(
    command,
    'PORT=8080 chatroom-bridge start --data /var/lib/chatroom-bridge',
    '0 stopped, 1 it could not start',
  )
}

type Started = {
  url: string
  simulatedErp?: { url: string; token: string }
  secrets: Pick<WebhookSecrets, 'of'>
}

async function welcome({ url, simulatedErp, secrets }: Started): Promise<string> {
  const lines = [`chatroom-bridge listens on ${url}/webhooks/{source}`]
  if (!simulatedErp) return [...lines, 'Send it an event:  npx chatroom-bridge send task.done 42', ''].join('\n')
  const [secret = ''] = await secrets.of('generic')
  return [
    ...lines,
    `The simulated ERP shows its chat on ${simulatedErp.url}/`,
    '',
    'Complete chat message 42:',
    '',
    `  curl -i ${url}/webhooks/generic -H 'content-type: application/json' -H 'authorization: Bearer ${secret}' -d '{"type":"task.done","messageId":42}'`,
    '',
    'and look at it there, or ask the API:',
    '',
    `  curl ${simulatedErp.url}/api/cp/chat/chatroom_message/42 -H 'x-session-token: ${simulatedErp.token}'`,
    '',
  ].join('\n')
}
