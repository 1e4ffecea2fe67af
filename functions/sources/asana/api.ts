import * as z from 'zod'
import type { HttpCall } from '../../erp/http-call.ts'
import type { Clock, ProviderApi } from '../../ports/ports.ts'
import { retryAfter } from '../../state/backoff.ts'
import type { LookupOutcome } from '../../state/lookup.ts'
import { parseJson } from '../common/parse-json.ts'

/** https://developers.asana.com/reference/rest-api-reference */
const asanaApi = 'https://app.asana.com/api/1.0'

/** The fields that a task is asked for (https://developers.asana.com/reference/gettask). */
const fields = 'completed,completed_at,modified_at,name,notes'

const Moment = z
  .string()
  .nullish()
  .transform((written) => {
    const time = Date.parse(written ?? '')
    return Number.isNaN(time) ? undefined : new Date(time).toISOString()
  })
const Answer = z.object({
  data: z.object({
    completed: z.boolean(),
    completed_at: Moment,
    modified_at: Moment,
    name: z.string().nullish(),
    notes: z.string().nullish(),
  }),
})

/** How a provider's API is called. Times in ms. */
export type ProviderOptions = {
  baseUrl: string | undefined
  /** @param options.fresh reads it again, past the cache, because the provider refused the cached one */
  token: (options?: { fresh?: boolean }) => Promise<string | undefined>
  call: HttpCall
  clock: Clock
  timeout?: number | undefined
}

/**
 * Asana's API, for the token of a member or guest who sees the tasks: a personal access token, or a service account's.
 * Follows no redirects.
 */
export function createAsana({
  baseUrl = asanaApi,
  token,
  call,
  clock,
  timeout = 10_000,
}: ProviderOptions): ProviderApi {
  async function ask(object: string): Promise<LookupOutcome> {
    // An id that isn't digits could lead to another path of the API.
    if (!/^\w+$/.test(object)) return { kind: 'gone', reason: 'no id of a task' }
    const url = new URL(`${baseUrl.replace(/\/+$/, '')}/tasks/${object}?opt_fields=${fields}`)
    const send = (bearer: string) =>
      call('GET', url, { headers: { accept: 'application/json', authorization: `Bearer ${bearer}` }, timeout })
    const known = await token()
    if (known === undefined)
      return { kind: 'unreachable', reason: 'no API token: run npx chatroom-bridge secrets api-token' }
    let answer = await send(known)
    if ('status' in answer && answer.status === 401) {
      const renewed = await token({ fresh: true })
      if (renewed !== undefined && renewed !== known) answer = await send(renewed)
    }
    if ('failure' in answer) return { kind: 'unreachable', reason: answer.failure }
    return outcomeOf(answer.status, parseJson(answer.body), retryAfter(answer.headers['retry-after'], clock()))
  }

  return {
    taskState: (object) =>
      ask(object).catch((error) => ({
        kind: 'unreachable',
        reason: `no API token: ${error instanceof Error ? error.name : 'unknown error'}`,
      })),
  }
}

/** https://developers.asana.com/docs/errors. A final status with HTML comes from a proxy, and may pass. */
function outcomeOf(status: number, json: unknown, wait: number | undefined): LookupOutcome {
  const reason = `status ${status}`
  if (status === 200) {
    const { data: answer } = Answer.safeParse(json)
    if (!answer) return { kind: 'unreachable', reason: 'the answer is no task' }
    const { completed, completed_at, modified_at, name, notes } = answer.data
    const texts = [name, notes].filter((text) => typeof text === 'string')
    return { kind: 'told', state: { completed, completedAt: completed_at, modifiedAt: modified_at, texts } }
  }
  const isFinal = status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status) && json !== undefined
  if (!isFinal) return { kind: 'unreachable', reason, retryAfter: wait }
  return { kind: status === 404 || status === 410 ? 'gone' : 'refused', reason }
}
