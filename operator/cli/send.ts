import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import type { SampleEvent } from '../../functions/sources/common/sample.ts'
import { eventTypeOf } from '../../functions/sources/generic/event-types.ts'
import { isDue, type Parked, readState } from '../../functions/state/message/message-state.ts'
import { type BridgeAccess, homeOptions, type OpenBridge, type SourceInfo } from '../open/bridge.ts'
import { sample, whatIsSent } from '../send/samples.ts'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const sendUsage = () => `npm run send -- TYPE [MESSAGE] [options]

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

What a source of each kind can send (* only with an option of the source, which the command names):

${whatIsSent()
  .map((line) => `  ${line}`)
  .join('\n')}

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
export async function send(args: string[], open: OpenBridge, { print }: Pick<Terminal, 'print'>): Promise<ExitCode> {
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
  const [written, messageId] = positionals
  if (!written) throw new UsageError(`which event? ${sendUsage()}`)
  const delay = Number(values.delay ?? 0)
  if (!(delay >= 0)) throw new UsageError('--delay: expected seconds')
  const at = new Date(values.at ?? Date.now())
  if (Number.isNaN(at.getTime())) throw new UsageError('--at: expected a time such as 2026-11-22T19:00:00Z')
  const type = eventTypeOf(written) ?? written
  const home = await open(values)
  try {
    const name = values.source ?? 'generic'
    const source = home.sources.get(name)
    if (!source) throw new Error(`there is no source ${name}: ${[...home.sources.keys()].join(', ')}`)
    const [secret] = await home.secrets.of(name)
    if (!secret) throw new Error(`${name} has no secret yet: npm run secrets -- add ${name}`)
    const event = eventOf(type, messageId, { ...values, at: at.toISOString() })
    if (delay > 0) await wait(delay * 1000)
    const url = `${home.url}/webhooks/${name}`
    const called = `${publicUrlOf(source, home).replace(/\/+$/, '')}/webhooks/${name}`
    const webhook = await sample(source, event, { secret, now: new Date(), url: called })
    if (typeof webhook === 'string') {
      throw new Error(values.stack ? `${webhook} (a stack does not tell which options its sources have)` : webhook)
    }

    const { headers, body, path, eventId } = webhook
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body }).catch(() => {
      throw new Error(`nothing listens on ${url}${path}: ${home.offlineHint}`)
    })
    const answer = await response.text()
    print(`${name} ← ${response.status} ${answer}`)
    if (response.ok && messageId !== undefined && changesMessage(type, answer))
      print(await whatTheErpSays(home, messageId, eventId))
    return response.ok ? exitCodes.done : exitCodes.failed
  } finally {
    home.close()
  }
}

/** How the system that sends knows the front door. */
function publicUrlOf({ publicUrl }: SourceInfo, home: BridgeAccess): string {
  return typeof publicUrl === 'string' ? publicUrl : (home.publicUrl ?? home.url)
}

const Answer = z.union([
  z.object({ accepted: z.array(z.object({ type: z.string(), messageId: z.string().optional() })) }),
  // What Teams shows to people.
  z.object({ text: z.literal('Noted.') }),
])

/** Whether an answer says that the chat message changes. A link changes nothing by itself. */
function changesMessage(type: string, answer: string): boolean {
  const { data } = Answer.safeParse(jsonOf(answer))
  if (type.startsWith('link') || !data) return false
  return 'text' in data || data.accepted.some((each) => each.messageId !== undefined && !each.type.startsWith('link'))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function eventOf(
  type: string,
  messageId: string | undefined,
  values: Record<string, string | undefined> & { at: string },
): SampleEvent {
  return {
    id: values['id'] ?? `evt_${randomUUID()}`,
    type,
    occurredAt: values.at,
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

async function whatTheErpSays({ states, erp }: BridgeAccess, messageId: string, eventId: string): Promise<string> {
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
