import { fork } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** A bundle that runs in a process of its own, as Lambda runs it: with nothing but its environment. */
export type Lambda<Event, Result> = (event: Event) => Promise<Result>

/**
 * Loads a bundle and hands events to its `handler`.
 * @param bundle path of an ES module
 * @param environment what the stack and Lambda would set
 */
export async function startLambda<Event, Result>(
  bundle: string,
  environment: Record<string, string>,
): Promise<Lambda<Event, Result>> {
  const child = fork(new URL('lambda-runtime.ts', import.meta.url).pathname, [bundle], {
    env: { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [ready] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (ready !== 'ready') throw new Error(`the bundle did not load: ${bundle}`)
  const waiting = new Map<number, (answer: { result?: Result; error?: string }) => void>()
  child.on('message', ({ id, ...answer }: { id: number; result?: Result; error?: string }) => {
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  let last = 0
  return async (event) => {
    const id = ++last
    const answered = new Promise<{ result?: Result; error?: string }>((resolve) => waiting.set(id, resolve))
    child.send({ id, event })
    const { result, error } = await answered
    if (error !== undefined) throw new Error(error)
    return result as Result
  }
}
