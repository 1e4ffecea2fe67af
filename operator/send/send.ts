import { setTimeout as wait } from 'node:timers/promises'
import * as z from 'zod'
import { jsonOf } from '../../functions/erp/http-call.ts'
import type { SampleEvent } from '../../functions/sources/common/sample.ts'
import type { ChatroomMessage } from '../../functions/state/erp/chatroom-message.ts'
import { isDue, type Parked, readState } from '../../functions/state/message/message-state.ts'
import { type BridgeAccess, sourceOf } from '../open/bridge.ts'
import { sample } from './samples.ts'

/** How long to wait until the ERP shows the event, and between two looks; ms. */
const timeoutMs = 10_000
const pollMs = 100

/** The bridge's answer to a sample, and what became of it in the ERP where it names a chat message. */
export type SentSample = { status: number; answer: string; outcome?: SampleOutcome }
export type SampleOutcome =
  | { kind: 'shown'; message: ChatroomMessage }
  | { kind: 'parked'; parked: Parked }
  | { kind: 'dry run' }
  /** Not shown within 10 s. `nextAttemptAt`: epoch ms. */
  | { kind: 'pending'; nextAttemptAt?: number | undefined }
  | { kind: 'unreadable'; why: string }

/**
 * Signs an event and sends it to a bridge, as its source would, and waits until the ERP shows it.
 * @throws where the source cannot send it, or nothing listens
 */
export async function sendSample(bridge: BridgeAccess, name: string, event: SampleEvent): Promise<SentSample> {
  const source = sourceOf(bridge, name)
  const [secret] = await bridge.secrets.of(name)
  if (!secret) throw new Error(`${name} has no secret yet: npx chatroom-bridge secrets add ${name}`)
  const url = `${bridge.url}/webhooks/${name}`
  const publicUrl = typeof source['publicUrl'] === 'string' ? source['publicUrl'] : (bridge.publicUrl ?? bridge.url)
  const signedUrl = `${publicUrl.replace(/\/+$/, '')}/webhooks/${name}`
  const webhook = await sample(source, event, { secret, now: new Date(), url: signedUrl })
  if (typeof webhook === 'string') throw new Error(webhook)
  const { headers, body, path, eventId } = webhook
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body }).catch(() => {
    throw new Error(`nothing listens on ${url}${path}: ${bridge.offlineHint}`)
  })
  const answer = await response.text()
  const { status } = response
  if (!response.ok || event.messageId === undefined || !changesMessage(event.type, answer)) return { status, answer }
  return { status, answer, outcome: await waitForErp(bridge, event.messageId, eventId) }
}

const Answer = z.union([
  z.object({ accepted: z.array(z.object({ type: z.string(), messageId: z.string().optional() })) }),
  // The answer that Microsoft Teams shows to people.
  z.object({ text: z.literal('Noted.') }),
])

/** Tells whether an answer says that the chat message changes. A link changes nothing by itself. */
function changesMessage(type: string, answer: string): boolean {
  const { data } = Answer.safeParse(jsonOf({ body: answer }))
  if (type.startsWith('link') || !data) return false
  return 'text' in data || data.accepted.some((each) => each.messageId !== undefined && !each.type.startsWith('link'))
}

async function waitForErp({ states, erp }: BridgeAccess, messageId: string, eventId: string): Promise<SampleOutcome> {
  for (const end = Date.now() + timeoutMs; ; await wait(pollMs)) {
    const stored = await states.load(messageId)
    const read = stored && readState(stored.body)
    const state = read && 'state' in read ? read.state : undefined
    const writes = Object.values(state?.registers ?? {}).flatMap((register) => register.writes)
    const write = writes.find((each) => each.eventId === eventId)
    if (write?.parked) return { kind: 'parked', parked: write.parked }
    if (write && state?.waits === 'dry run') return { kind: 'dry run' }
    if (state && !isDue(state) && (write || Date.now() > end)) break
    if (Date.now() > end) return { kind: 'pending', nextAttemptAt: state?.nextAttemptAt }
  }
  const got = await erp.get(messageId)
  return got.kind === 'answered'
    ? { kind: 'shown', message: got.message }
    : { kind: 'unreadable', why: got.kind === 'refused' ? String(got.status) : got.reason }
}
