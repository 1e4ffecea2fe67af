import { createIngest } from '../../functions/ingest/ingest.ts'
import { bodyLimit } from '../../functions/receive/receive.ts'
import { openWebhookServer } from '../../local/server/http-server.ts'
import { partOfStory } from './part.ts'

// Runs in a process of its own: takes webhooks until it is killed.
const { home, clock, log, port = 0 } = partOfStory()
const ingest = createIngest({
  sources: new Map([['generic', { name: 'generic', kind: 'generic' }]]),
  secrets: home.secrets,
  queue: home.queue,
  clock,
  log,
})
const door = await openWebhookServer({ ingest, host: '127.0.0.1', port, limit: bodyLimit })
process.send?.({ ready: door.url })
