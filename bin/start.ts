import { type Bridge, startBridge } from '../local/bridge.ts'
import { isStartedByNpm, settingsOfThisMachine } from '../local/environment.ts'
import { explain } from '../local/explain.ts'
import { createLog } from '../local/log.ts'
import { whenNpmEnds } from '../local/parent.ts'

/** Whoever stops the bridge waits no longer than this; ms. What is still in flight then goes on at the next start. */
const patience = 8_000

// What is kept here is other people's talk.
process.umask(0o077)

try {
  const bridge = await startBridge(settingsOfThisMachine(), createLog(console.log))
  console.log(welcome(bridge))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(bridge))
  if (isStartedByNpm()) whenNpmEnds(() => void stop(bridge))
} catch (error) {
  console.error(`chatroom-bridge: ${explain(error)}`)
  process.exit(1)
}

let isStopping = false

/** Ctrl-C reaches npm and this process alike, and may come twice. */
async function stop(bridge: Bridge): Promise<void> {
  if (isStopping) return
  isStopping = true
  console.log('Stopping: finishing what is in flight.')
  setTimeout(() => process.exit(0), patience).unref()
  await bridge.stop()
  process.exit(0)
}

function welcome({ url, simulatedErp, secrets }: Bridge): string {
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
