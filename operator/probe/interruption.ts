import type { Terminal } from '../cli/terminal.ts'

/** Ctrl-C ends the questions, and not what restores. */
export function interruption({ stderr }: Terminal): { signal: AbortSignal; end(): void } {
  const ending = new AbortController()
  const end = () => {
    if (!ending.signal.aborted) stderr.write('interrupted: the chat message is restored before this ends\n')
    ending.abort()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, end)
  return {
    signal: ending.signal,
    end() {
      for (const signal of signals) process.off(signal, end)
    },
  }
}
