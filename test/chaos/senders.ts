import { setTimeout as wait } from 'node:timers/promises'
import { webhookSecret } from './home.ts'
import type { Send, Story } from './story.ts'

/** How many senders there are. */
const senders = 24
/** Real ms until a sender tries again. */
const pause = 30

/** What the senders tell of it. `accepted` holds the events that got a 2xx. */
export type Told = {
  answered: number
  repeated: number
  unanswered: number
  refused: number
  links: number
  accepted: Set<number>
  wrong: string[]
}

/**
 * Sends everything of a phase, as senders do: each request again until it is answered.
 * @param onAnswer called after each answer
 */
export async function sendAll(
  { phases, told: events }: Story,
  phase: 0 | 1,
  url: string,
  told: Told,
  onAnswer: () => void,
): Promise<void> {
  const chains = [...phases[phase]]
  const sender = async () => {
    for (let chain = chains.shift(); chain; chain = chains.shift()) {
      for (const send of chain) {
        await sendOne(send)
        told.answered += 1
        onAnswer()
      }
    }
  }

  async function sendOne(send: Send): Promise<void> {
    const { path, body } = send.kind === 'events' ? requestOf(send, events) : { path: '', body: send.body }
    const token = send.kind === 'bad' && send.status === 401 ? 'another' : webhookSecret
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    for (;;) {
      const status = await fetch(`${url}/webhooks/generic${path}`, { method: 'POST', headers, body }).then(
        async (response) => {
          await response.arrayBuffer()
          return response.status
        },
        () => 0,
      )
      if (status === 0 || status === 503) {
        told.unanswered += 1
        await wait(pause)
        continue
      }
      if (send.kind === 'bad') {
        told.refused += 1
        if (status !== send.status) told.wrong.push(`${send.body.slice(0, 80)} was answered ${status}`)
      } else if (status === 202 && send.kind === 'link') {
        told.links += 1
      } else if (status === 202 && send.kind === 'events') {
        if (send.told.every((index) => told.accepted.has(index))) told.repeated += 1
        for (const index of send.told) told.accepted.add(index)
      } else {
        told.wrong.push(`${body.slice(0, 80)} was answered ${status}`)
      }
      return
    }
  }

  await Promise.all(Array.from({ length: senders }, sender))
}

/** A request as its sender writes it: one event or several, the chat message in the body or in the path. */
function requestOf({ told, inPath }: Extract<Send, { kind: 'events' }>, events: Story['told']) {
  const sent = told.map((index) => (events[index] as Story['told'][number]).event)
  const [{ messageId = '', object, ...only } = {}] = sent
  if (sent.length === 1 && inPath && object === undefined) return { path: `/${messageId}`, body: JSON.stringify(only) }
  // An event of an object does not name the chat message that the object is linked to.
  const written = sent.map((event) => (event.object === undefined ? event : { ...event, messageId: undefined }))
  return { path: '', body: JSON.stringify(written.length === 1 ? written[0] : written) }
}
