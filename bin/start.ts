import { errorMessage } from '../local/error-messages.ts'
import { createLog } from '../local/logging/logfmt.ts'
import { readLocalSettings } from '../local/server/environment.ts'
import { type RunningBridge, startBridge } from '../local/server/run-bridge.ts'
import { onShutdown } from '../local/server/shutdown.ts'

// What is kept here is other people's talk.
process.umask(0o077)

try {
  const settings = readLocalSettings()
  const bridge = await startBridge(settings, createLog(console.log))
  console.log(welcome(bridge))
  if (settings.DRY_RUN) console.log('This is a dry run (DRY_RUN): nothing is PUT to the ERP\n')
  onShutdown(bridge.stop)
} catch (error) {
  console.error(`chatroom-bridge: ${errorMessage(error)}`)
  process.exit(1)
}

function welcome({ url, simulatedErp, secrets }: RunningBridge): string {
  const lines = [`chatroom-bridge listens on ${url}/webhooks/{source}`]
  if (!simulatedErp) return [...lines, 'Send it an event:  npm run send -- task.done 42', ''].join('\n')
  const [secret = ''] = secrets.all()['generic'] ?? []
  return [
    ...lines,
    `The simulated ERP shows its chat on ${simulatedErp.url}/`,
    '',
    'Complete chat message 42:',
    '',
    `  curl -i ${url}/webhooks/generic -H 'content-type: application/json' -H 'authorization: Bearer ${secret}' -d '{"type":"task.done","messageId":42}'`,
    '',
    'and look at it there, or as the API tells it:',
    '',
    `  curl ${simulatedErp.url}/api/cp/chat/chatroom_message/42 -H 'x-session-token: ${simulatedErp.token}'`,
    '',
  ].join('\n')
}
