import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isDue, MessageState } from '../functions/core/message-state.ts'
import type { Settings } from '../functions/settings.ts'
import { urlHere } from './address.ts'
import { openDatabase } from './database.ts'
import { erpOf } from './erp.ts'
import { createSqliteMessageStates } from './message-state.ts'
import { sample } from './samples.ts'
import { openSecrets } from './secrets.ts'

const sendUsage = `npm run send -- TYPE [MESSAGE] [options]

  TYPE               task.done, task.reopened, reaction.added, reaction.removed, text.edited,
                     attachment.added, attachment.removed
  MESSAGE            the chat message, such as 42
  --source NAME      which source sends it (generic)
  --emoji EMOJI      for reactions (👍)
  --text TEXT        for text.edited
  --file NAME        for attachments
  --actor NAME       who did it
  --object ID        the source's own id of what it happened to
  --id ID            the event's id, to send the same event again
  --at TIME          when it happened (now), such as 2026-11-22T19:00:00Z
  --delay SECONDS    wait before sending, so that the event comes late`

/** How long to wait for the ERP to show it; ms. */
const patience = 5_000

/**
 * Signs and sends an event to the bridge on this machine, as its source would.
 * @param print takes what a person reads: the answer, and what the ERP says then
 * @returns whether it was accepted
 * @throws when the arguments make no event, or nothing listens
 */
export async function send(args: string[], settings: Settings, print: (text: string) => void): Promise<boolean> {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      source: text,
      emoji: text,
      text,
      file: text,
      actor: text,
      object: text,
      id: text,
      at: text,
      delay: text,
    },
  })
  const [type, messageId] = positionals
  if (!type) throw new Error(`which event? ${sendUsage}`)
  const source = settings.sources.get(values.source ?? 'generic')
  if (!source) throw new Error(`there is no source ${values.source}: ${[...settings.sources.keys()].join(', ')}`)
  const [secret] = await openSecrets(settings.DATA_DIR, settings.WEBHOOK_SECRETS).of(source.name)
  if (!secret)
    throw new Error(`${source.name} has no secret yet: npm start makes one, or npm run secrets -- add ${source.name}`)

  const event = {
    id: values.id ?? `evt_${randomUUID()}`,
    type,
    occurredAt: values.at ?? new Date().toISOString(),
    ...(messageId !== undefined && { messageId }),
    ...(values.actor !== undefined && { actor: values.actor }),
    ...(values.object !== undefined && { object: values.object }),
    ...(type.startsWith('reaction') && { emoji: values.emoji ?? '👍' }),
    ...(values.text !== undefined && { text: values.text }),
    ...(type.startsWith('attachment') && { attachment: { filename: values.file ?? 'note.pdf' } }),
  }
  if (values.delay !== undefined) await wait(Number(values.delay) * 1000)
  const webhook = sample(source.kind, event, secret, new Date())
  if (!webhook) throw new Error(`${source.kind} sends no event that says ${type}`)

  const url = `${urlHere(settings.HOST, settings.PORT)}/webhooks/${source.name}`
  const response = await fetch(url, { method: 'POST', ...webhook }).catch(() => {
    throw new Error(`nothing listens on ${url}: run npm start first`)
  })
  const answer = await response.text()
  print(`${source.name} ← ${response.status} ${answer}`)
  if (response.status === 202 && messageId !== undefined) print(await whatTheErpSays(messageId, event.id, settings))
  return response.ok
}

async function whatTheErpSays(messageId: string, eventId: string, settings: Settings): Promise<string> {
  const database = openDatabase(settings.DATA_DIR)
  try {
    const states = createSqliteMessageStates(database)
    const erp = erpOf(settings, urlHere(settings.HOST, settings.ERP_PORT))
    for (const end = Date.now() + patience; ; await wait(50)) {
      const stored = await states.load(messageId)
      const state = stored && MessageState.parse(JSON.parse(stored.body))
      const writes = Object.values(state?.registers ?? {}).flatMap((register) => register.writes)
      const write = writes.find((each) => each.eventId === eventId)
      if (write?.parked) return `The ERP refused it: ${write.parked.status} ${write.parked.answer}`
      if (state && !isDue(state) && (write || Date.now() > end)) break
      if (Date.now() > end) {
        const next = state?.nextAttemptAt
          ? ` The next attempt is at ${new Date(state.nextAttemptAt).toISOString()}.`
          : ''
        return `The ERP does not show it yet.${next}`
      }
    }
    const got = await erp.get(messageId)
    return got.kind === 'answered'
      ? `ERP: ${JSON.stringify(got.message, null, 2)}`
      : `The ERP can't be asked: ${got.kind === 'refused' ? got.status : got.reason}`
  } finally {
    database.close()
  }
}
