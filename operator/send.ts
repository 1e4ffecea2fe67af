import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isDue, type Parked, readState } from '../functions/core/message-state.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import { type Home, homeOptions, type OpenHome } from './home.ts'
import { type SampleEvent, sample } from './samples.ts'
import type { Terminal } from './terminal.ts'

const sendUsage = `npm run send -- TYPE [MESSAGE] [options]

  TYPE               task.done, task.reopened, reaction.added, reaction.removed, text.edited,
                     attachment.added, attachment.removed, link.added, link.removed
  MESSAGE            the chat message, such as 42
  --source NAME      which source sends it (generic)
  --emoji EMOJI      for reactions (👍)
  --text TEXT        for text.edited
  --file NAME        for attachments
  --actor NAME       who did it
  --object ID        the source's own id of what it happened to
  --id ID            the event's id, to send the same event again
  --at TIME          when it happened (now), such as 2026-11-22T19:00:00Z
  --delay SECONDS    wait before sending, so that the event comes late
  --stack NAME       send it to a bridge on AWS (--region eu-central-1)

It ends with 0 when the event was accepted, 1 when it was not, and 2 when the arguments make no sense.`

/** How long to wait for the ERP to show it, and between two looks; ms. */
const patience = 10_000
const lookEvery = 100

/**
 * Signs and sends an event to a bridge, as its source would.
 * @param open opens the bridge, once the arguments are known to make sense
 * @param terminal.print takes what a person reads: the answer, and what the ERP says then
 * @throws when the arguments make no event, or nothing listens
 */
export async function send(args: string[], open: OpenHome, { print }: Pick<Terminal, 'print'>): Promise<ExitCode> {
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
      ...homeOptions,
    },
  })
  const [type, messageId] = positionals
  if (!type) throw new UsageError(`which event? ${sendUsage}`)
  const delay = Number(values.delay ?? 0)
  if (!(delay >= 0)) throw new UsageError('--delay: expected seconds')
  const home = await open(values)
  try {
    const name = values.source ?? 'generic'
    const source = home.sources.get(name)
    if (!source) throw new Error(`there is no source ${name}: ${[...home.sources.keys()].join(', ')}`)
    const [secret] = await home.secrets.of(name)
    if (!secret) throw new Error(`${name} has no secret yet: npm run secrets -- add ${name}`)
    const event = eventOf(type, messageId, values)
    if (delay > 0) await wait(delay * 1000)
    const webhook = await sample(source, event, secret, new Date())
    if (!webhook) throw new Error(`how ${source.kind} says ${type} is not known here: send it from there`)

    const { path = '', ...request } = webhook
    const url = `${home.url}/webhooks/${name}${path}`
    const response = await fetch(url, { method: 'POST', ...request }).catch(() => {
      throw new Error(`nothing listens on ${url}: ${home.whenSilent}`)
    })
    print(`${name} ← ${response.status} ${await response.text()}`)
    // A link changes nothing by itself.
    const isLink = type.startsWith('link')
    if (response.status === 202 && messageId !== undefined && !isLink)
      print(await whatTheErpSays(home, messageId, event.id))
    return response.ok ? exitCodes.done : exitCodes.failed
  } finally {
    home.close()
  }
}

function eventOf(type: string, messageId: string | undefined, values: Record<string, string | undefined>): SampleEvent {
  return {
    id: values['id'] ?? `evt_${randomUUID()}`,
    type,
    occurredAt: values['at'] ?? new Date().toISOString(),
    ...(messageId !== undefined && { messageId }),
    ...(values['actor'] !== undefined && { actor: values['actor'] }),
    ...(values['object'] !== undefined && { object: values['object'] }),
    ...(type.startsWith('reaction') && { emoji: values['emoji'] ?? '👍' }),
    ...(values['text'] !== undefined && { text: values['text'] }),
    ...(type.startsWith('attachment') && { attachment: { filename: values['file'] ?? 'note.pdf' } }),
  }
}

function asideBecause({ reason, status, answer }: Parked): string {
  if (reason === 'refused') return `The ERP refused it: ${status} ${answer}`
  if (reason === 'impossible') return 'It is parked: the host adds to lists, so no PUT takes this away.'
  return reason === 'age' ? 'It was tried for too long, and is parked.' : 'An operator dropped this event.'
}

async function whatTheErpSays({ states, erp }: Home, messageId: string, eventId: string): Promise<string> {
  for (const end = Date.now() + patience; ; await wait(lookEvery)) {
    const stored = await states.load(messageId)
    const read = stored && readState(stored.body)
    const state = read && 'state' in read ? read.state : undefined
    const writes = Object.values(state?.registers ?? {}).flatMap((register) => register.writes)
    const write = writes.find((each) => each.eventId === eventId)
    if (write?.parked) return asideBecause(write.parked)
    if (write && state?.waits === 'dry run') {
      return 'This is a dry run: nothing was sent to the ERP. npm run reconcile -- --show tells what would be.'
    }
    if (state && !isDue(state) && (write || Date.now() > end)) break
    if (Date.now() > end) {
      const next = state?.nextAttemptAt ? ` The next attempt is at ${new Date(state.nextAttemptAt).toISOString()}.` : ''
      return `The ERP does not show it yet.${next}`
    }
  }
  const got = await erp.get(messageId)
  return got.kind === 'answered'
    ? `ERP: ${JSON.stringify(got.message, null, 2)}`
    : `The ERP can't be asked: ${got.kind === 'refused' ? got.status : got.reason}`
}
