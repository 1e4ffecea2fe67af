import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import * as z from 'zod'
import { listenUrl } from '../url.ts'
import { page } from './page.ts'
import { createSimulatedSessions, type SimulatedSessions } from './sessions.ts'

const Reaction = z.strictObject({ id: z.int().optional(), emoji: z.string() })
const Attachment = z.strictObject({
  id: z.int().optional(),
  filename: z.string(),
  filesize: z.string().optional(),
  mimetype: z.string().optional(),
  created: z.iso.datetime({ offset: true }).optional(),
  googledownloadlink: z.string().optional(),
})
const bodyOf = (reaction: typeof Reaction, attachment: typeof Attachment) =>
  z.strictObject({
    data: z.strictObject({
      id: z.int().optional(),
      message_text: z.string().optional(),
      attachments: z.array(attachment).optional(),
      reactions: z.array(reaction).optional(),
      completed: z.boolean().optional(),
    }),
  })
type PutBody = z.infer<ReturnType<typeof bodyOf>>
const PutBody = {
  refuse: bodyOf(Reaction, Attachment),
  drop: bodyOf(Reaction.strip(), Attachment.strip()) as ReturnType<typeof bodyOf>,
  keep: bodyOf(z.looseObject(Reaction.shape), z.looseObject(Attachment.shape)) as ReturnType<typeof bodyOf>,
}

/** What is not known of a real host, and how this one shall be. */
export type Behaviour = {
  /** What a PUT does with attributes that it leaves out: leave them alone (merge) or clear them (replace). */
  put?: 'merge' | 'replace'
  /** Whether the lists of a PUT replace what is there, or are added to it, known or not: what has a known id is there twice then. */
  lists?: 'replace' | 'add'
  /** Whether it tells a chat message, or refuses every GET with 405. */
  get?: 'answer' | 'refuse'
  /** What it does with keys of an element that it doesn't know. */
  unknownKeys?: 'refuse' | 'drop' | 'keep'
  /** Whether a chat message can have the same emoji twice. */
  repeatedEmoji?: 'keep' | 'drop'
  /** Whether elements keep the ids that a PUT gives them when they are no longer there. */
  ids?: 'keep' | 'renew'
}

/** A chat message as the simulated ERP keeps it: every element of a list has an id of its own. */
export const SimulatedMessage = z.strictObject({
  id: z.int(),
  message_text: z.string(),
  attachments: z.array(Attachment.required({ id: true })),
  reactions: z.array(Reaction.required({ id: true })),
  completed: z.boolean(),
})
export type SimulatedMessage = z.infer<typeof SimulatedMessage>

/** One request as it came, for tests to look at. `at` is epoch ms. */
export type RecordedRequest = {
  at: number
  method: string
  url: string
  headers: Record<string, string | string[] | undefined>
  body: string
  /** What was answered; absent while or where nothing was. */
  status?: number
}

/** What goes wrong with one request. `applied` says whether a PUT takes effect all the same. */
export type Fault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string; applied?: boolean }
  /** The connection breaks, before the answer or in the middle of its body. */
  | { kind: 'reset'; inBody?: boolean; applied?: boolean }
  /** No answer ever comes. `later` is given what makes a PUT take effect after all. */
  | { kind: 'silence'; applied?: boolean; later?: (apply: () => void) => void }
  /** The answer takes its time (ms), and is as it should be. */
  | { kind: 'slow'; ms: number }

export type SimulatedErp = {
  url: string
  /** Users, and the sessions that they logged in for. */
  sessions: SimulatedSessions
  requests: RecordedRequest[]
  /** The chat message as it is now. */
  message(identifier: string | number): SimulatedMessage | undefined
  /** Changes a chat message as a person in the ERP would. */
  edit(identifier: string | number, change: (message: SimulatedMessage) => void): void
  /** Says what goes wrong with a request; undefined lets it through. */
  fault: ((request: RecordedRequest) => Fault | undefined) | undefined
  /** ms before each answer. */
  latency: number
  stop(): Promise<void>
}

const path = /^\/api\/cp\/chat\/chatroom_message\/([^/]+)$/

/**
 * An ERP that keeps to what is known of the real one's login and its GET and PUT of a chat message, over real HTTP.
 * @param options.token an API key, which never ends
 * @param options.users who may log in: passwords by user
 * @param options.put and the others: how it behaves where that is not known
 * @param options.save called with all chat messages after every change
 */
export async function startSimulatedErp({
  messages,
  token,
  users,
  host = '127.0.0.1',
  port = 0,
  put = 'merge',
  lists = 'replace',
  get = 'answer',
  unknownKeys = 'refuse',
  repeatedEmoji = 'keep',
  ids = 'keep',
  save = () => {},
}: Behaviour & {
  messages: SimulatedMessage[]
  token: string
  users?: Record<string, string> | undefined
  host?: string
  port?: number
  save?: (messages: SimulatedMessage[]) => void
}): Promise<SimulatedErp> {
  const kept = new Map(messages.map((message) => [String(message.id), structuredClone(message)]))
  let lastId = Math.max(0, ...messages.flatMap((m) => [...m.reactions, ...m.attachments].map(({ id }) => id)))

  /** The list that a PUT of `given` makes of what is there. */
  function listed<E extends { id?: number | undefined }>(there: (E & { id: number })[], given: E[]) {
    const base = lists === 'add' ? [...there] : []
    const isFree = (id: number) => base.every((other) => other.id !== id)
    const isKept = (id: number) => ids === 'keep' || there.some((other) => other.id === id)
    for (const element of given) {
      const { id } = element
      base.push({ ...element, id: id !== undefined && isFree(id) && isKept(id) ? id : ++lastId })
    }
    return base
  }

  function apply(message: SimulatedMessage, { data }: PutBody): SimulatedMessage {
    const cleared = { message_text: '', attachments: [], reactions: [], completed: false }
    const base = put === 'merge' ? message : { ...message, ...cleared }
    return {
      ...base,
      ...(data.message_text !== undefined && { message_text: data.message_text }),
      ...(data.completed !== undefined && { completed: data.completed }),
      ...(data.reactions && { reactions: oncePerEmoji(listed(message.reactions, data.reactions)) }),
      ...(data.attachments && { attachments: listed(message.attachments, data.attachments) }),
    }
  }

  function oncePerEmoji(reactions: SimulatedMessage['reactions']): SimulatedMessage['reactions'] {
    if (repeatedEmoji === 'keep') return reactions
    return reactions.filter(({ emoji }, index) => reactions.findIndex((other) => other.emoji === emoji) === index)
  }

  /** The answer of a request without a fault, which is also what a fault with `applied` does unseen. */
  function serve({ method, url, headers, body }: RecordedRequest): { status: number; body: unknown } {
    const { pathname } = new URL(url, 'http://erp')
    if (method === 'POST' && pathname === '/api/logins') return erp.sessions.logIn(jsonOf(body))
    const asked = headers['x-session-token']
    if (asked !== token && !erp.sessions.isValid(asked)) return { status: 401, body: { error: 'session not valid' } }
    const identifier = path.exec(pathname)?.[1]
    const message = identifier === undefined ? undefined : kept.get(decoded(identifier))
    const isRefused = method === 'GET' && get === 'refuse'
    if (!message && !isRefused) return { status: 404, body: { error: 'not found' } }
    if (!message || isRefused) return { status: 405, body: { error: 'method not allowed' } }
    if (method === 'GET') return { status: 200, body: message }
    if (method !== 'PUT') return { status: 405, body: { error: 'method not allowed' } }
    const parsed = PutBody[unknownKeys].safeParse(jsonOf(body))
    if (!parsed.success) return { status: 422, body: { error: z.prettifyError(parsed.error) } }
    const changed = apply(message, parsed.data)
    try {
      save([...kept.values()].map((other) => (other === message ? changed : other)))
    } catch {
      return { status: 503, body: { error: 'nothing can be stored for now' } }
    }
    kept.set(String(message.id), changed)
    return { status: 200, body: changed }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    if (method === 'GET' && url === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(page([...kept.values()]))
      return
    }
    const recorded: RecordedRequest = { at: Date.now(), method, url, headers, body: await text(request) }
    erp.requests.push(recorded)
    if (erp.latency > 0) await wait(erp.latency)
    const fault = erp.fault?.(recorded)
    const served = !fault || fault.kind === 'slow' || fault.applied ? serve(recorded) : undefined
    switch (fault?.kind) {
      case 'silence':
        fault.later?.(() => void serve(recorded))
        return
      case 'reset':
        if (fault.inBody) response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":')
        setImmediate(() => request.socket.destroy())
        return
      case 'status':
        recorded.status = fault.status
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
        response.end(fault.body ?? '{"error":"simulated"}')
        return
      default:
        if (fault) await wait(fault.ms)
        recorded.status = served?.status ?? 500
        response.writeHead(recorded.status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(served?.body))
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  const erp: SimulatedErp = {
    url: '',
    sessions: createSimulatedSessions(users),
    requests: [],
    message: (identifier) => structuredClone(kept.get(String(identifier))),
    edit(identifier, change) {
      const message = kept.get(String(identifier))
      if (!message) throw new Error(`the simulated ERP has no chat message ${identifier}`)
      change(message)
      save([...kept.values()])
    },
    fault: undefined,
    latency: 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  erp.url = listenUrl(host, (server.address() as AddressInfo).port)
  return erp
}

function decoded(identifier: string): string {
  try {
    return decodeURIComponent(identifier)
  } catch {
    return identifier
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
