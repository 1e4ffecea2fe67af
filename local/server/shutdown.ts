import { isStartedByNpm } from './environment.ts'

/** Whoever stops a process waits no longer than this; ms. What is still in flight then goes on at the next start. */
const patience = 8_000
const lookEvery = 250

/** Ends this process on Ctrl-C, SIGTERM or with npm, once `stop` is through or has taken too long. */
export function onShutdown(stop: () => Promise<void>): void {
  let isStopping = false
  // Ctrl-C reaches npm and this process alike, and may come twice.
  const end = async () => {
    if (isStopping) return
    isStopping = true
    console.log('Stopping: finishing what is in flight.')
    setTimeout(() => process.exit(0), patience).unref()
    await stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end())
  if (isStartedByNpm()) whenNpmEnds(() => void end())
}

/**
 * Calls back once when npm, which started this process, ended: npm passes SIGTERM on to the shell between the two, and some
 * shells die of it without passing it on.
 */
function whenNpmEnds(ended: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    ended()
  }, lookEvery).unref()
}
