import { createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A task as Asana's API tells it (https://developers.asana.com/reference/gettask), with the fields that matter here. */
export type AsanaTask = {
  gid: string
  name: string
  notes: string
  completed: boolean
  completed_at: string | null
  modified_at: string
}

/** What a webhook's events are (https://developers.asana.com/reference/events). */
export type AsanaEvent = Record<string, unknown>

/** What is wrong with the next answers: a status with Asana's own words for it, or with a body that isn't Asana's. */
export type AsanaFault = { status: number; headers?: Record<string, string>; body?: string }

const messages: Record<number, string> = {
  401: 'Not Authorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'task: Not a recognized ID',
  429: "You've made too many requests and hit a rate limit. Please retry after the given amount of time.",
  500: 'Server Error',
}

/**
 * Starts an Asana on this machine, as its documentation describes it, with nothing in it.
 * @param options.now what its clock says; epoch ms
 */
export async function startAsana({ token = 'pat', now = Date.now }: { token?: string; now?: () => number } = {}) {
  const tasks = new Map<string, AsanaTask>()
  const webhooks: { target: string; secret: string }[] = []
  const hidden = new Set<string>()
  const requests: { method: string; url: string; authorization: string | undefined }[] = []
  const state = { token, fault: undefined as ((request: IncomingMessage) => AsanaFault | undefined) | undefined }

  async function answer(request: IncomingMessage): Promise<AsanaFault & { data?: unknown }> {
    const body = await text(request)
    const { method = '', url = '/' } = request
    requests.push({ method, url, authorization: request.headers.authorization })
    const fault = state.fault?.(request)
    if (fault) return fault
    if (request.headers.authorization !== `Bearer ${state.token}`) return { status: 401 }
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const [, gid] = /^\/api\/1\.0\/tasks\/(\d+)$/.exec(pathname) ?? []
    if (method === 'GET' && gid !== undefined) {
      const task = tasks.get(gid)
      if (!task) return { status: 404 }
      if (hidden.has(gid)) return { status: 403 }
      const fields = (searchParams.get('opt_fields') ?? 'name').split(',')
      const shown = Object.entries(task).filter(([name]) => name === 'gid' || fields.includes(name))
      return { status: 200, data: Object.fromEntries(shown) }
    }
    if (method === 'POST' && pathname === '/api/1.0/webhooks') return establish(JSON.parse(body).data)
    return { status: 404 }
  }

  /** The handshake comes while whoever makes the webhook still waits (https://developers.asana.com/docs/webhooks-guide). */
  async function establish({ resource, target }: { resource: string; target: string }) {
    const secret = randomBytes(32).toString('hex')
    const { status, headers } = await post(target, {}, { 'x-hook-secret': secret })
    if (![200, 204].includes(status) || headers.get('x-hook-secret') !== secret) return { status: 400 }
    webhooks.push({ target, secret })
    return { status: 201, data: { gid: String(webhooks.length), resource: { gid: resource }, target, active: true } }
  }

  const server = createServer(async (request, response) => {
    const { status, headers, body, data } = await answer(request)
    const errors = [{ message: messages[status] ?? 'Bad Request', help: 'https://developers.asana.com/docs/errors' }]
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body ?? JSON.stringify(data === undefined ? { errors } : { data }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })

  const moment = () => new Date(now()).toISOString()
  /** An event about a task, at this moment. */
  const event = (gid: string, action: string, field?: string): AsanaEvent => ({
    user: { gid: '1199946', resource_type: 'user' },
    created_at: moment(),
    action,
    resource: { gid, resource_type: 'task', resource_subtype: 'default_task' },
    parent: null,
    ...(field !== undefined && { change: { field, action: 'changed' } }),
  })
  const change = (gid: string, given: Partial<AsanaTask>) => {
    const known = { gid, name: 'Anruf', notes: '', completed: false, completed_at: null }
    tasks.set(gid, { ...known, ...tasks.get(gid), ...given, modified_at: moment() })
  }

  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/1.0`,
    tasks,
    requests,
    /** Tasks that the token's owner may not see. */
    hidden,
    /** Somebody with the token makes a webhook by the API. @returns the status of its answer */
    async makeWebhook(target: string): Promise<number> {
      const { port } = server.address() as AddressInfo
      const url = `http://127.0.0.1:${port}/api/1.0/webhooks`
      const data = { resource: '1204500', target }
      return (await post(url, { data }, { authorization: `Bearer ${state.token}` })).status
    },
    /** Somebody makes a task. @returns the event of it */
    add(gid: string, given: Partial<AsanaTask> = {}): AsanaEvent {
      change(gid, given)
      return event(gid, 'added')
    },
    /** Somebody completes a task, or opens it again. */
    complete(gid: string, completed = true): AsanaEvent {
      change(gid, { completed, completed_at: completed ? moment() : null })
      return event(gid, 'changed', 'completed')
    },
    /** Somebody writes in a task. */
    write(gid: string, notes: string): AsanaEvent {
      change(gid, { notes })
      return event(gid, 'changed', 'notes')
    },
    /** Sends events to every webhook, signed, as one request. @returns the statuses */
    send(...events: AsanaEvent[]): Promise<number[]> {
      const body = { events }
      return Promise.all(
        webhooks.map(async ({ target, secret }) => {
          const signature = createHmac('sha256', secret).update(JSON.stringify(body)).digest('hex')
          return (await post(target, body, { 'x-hook-signature': signature })).status
        }),
      )
    },
  })
}

async function post(url: string, body: unknown, headers: Record<string, string>): Promise<Response> {
  const all = { 'content-type': 'application/json', ...headers }
  const response = await fetch(url, { method: 'POST', headers: all, body: JSON.stringify(body) })
  await response.text()
  return response
}
