import { setTimeout as wait } from 'node:timers/promises'
import { secret } from './factories.ts'

/** Sends the generic source's event. @returns the status and Retry-After */
export async function post(url: string, event: unknown): Promise<{ status: number; retryAfter: string | null }> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
  const response = await fetch(`${url}/webhooks/generic`, { method: 'POST', headers, body: JSON.stringify(event) })
  await response.text()
  return { status: response.status, retryAfter: response.headers.get('retry-after') }
}

/** Waits for something that happens elsewhere. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, patience = 10_000): Promise<void> {
  for (const end = Date.now() + patience; !(await holds()); await wait(20)) {
    if (Date.now() > end) throw new Error(`${what}: not within ${patience} ms`)
  }
}
