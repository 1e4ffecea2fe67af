import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
/** Half of what a short program takes is to have TypeScript stripped and compiled: https://nodejs.org/api/module.html#module-compile-cache */
const compileCache = { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compiled` }

/** A bridge that runs as a process of its own, as `npm start` runs it. */
export type BridgeProcess = {
  url: string
  output(): string
  errors(): string
  /** Sends a signal and waits for the end. @returns the exit code, null after a kill */
  end(signal: NodeJS.Signals): Promise<number | null>
}

type Ended = { code: number | null; stdout: string; stderr: string }

/** Runs a program of bin/ to its end. Settings of the test's own environment are left out. */
export function run(args: string[], settings: Record<string, string>, input = ''): Promise<Ended> {
  return startRun(args, settings, input).ended
}

/** The same, for a program that may not live to its end. */
export function startRun(
  args: string[],
  settings: Record<string, string>,
  input = '',
): { ended: Promise<Ended>; kill(signal?: NodeJS.Signals): void } {
  const child = start(process.execPath, args, settings)
  child.stdin?.end(input)
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const ended = once(child, 'close').then(([code]) => ({ code, stdout: stdout(), stderr: stderr() }))
  return { ended, kill: (signal = 'SIGKILL') => void child.kill(signal) }
}

/** Starts the bridge on free ports and waits until it listens. */
export async function startBridgeProcess(
  settings: Record<string, string>,
  command = [process.execPath, 'bin/chatroom-bridge.ts', 'start'],
): Promise<BridgeProcess> {
  const [program = '', ...args] = command
  const child = start(program, args, { PORT: '0', ERP_PORT: '0', ...settings })
  const output = collect(child.stdout)
  const errors = collect(child.stderr)
  const ended = once(child, 'close')
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [, found] = /listens on (http:\S+)\/webhooks/.exec(output()) ?? []
      if (found) resolve(found)
    })
    ended.then(() => reject(new Error(`the bridge did not start: ${errors()}`)))
  })
  return {
    url,
    output,
    errors,
    async end(signal) {
      child.kill(signal)
      const [code] = await ended
      return code
    },
  }
}

/** Runs a program of bin/ until the test ends, and waits for what it says when it is ready. */
export async function startProcess(args: string[], settings: Record<string, string>, ready: string): Promise<void> {
  const child = start(process.execPath, args, settings)
  const output = collect(child.stdout)
  const errors = collect(child.stderr)
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => output().includes(ready) && resolve())
    child.on('close', () => reject(new Error(`${args} ended: ${errors()}`)))
  })
}

function start(program: string, args: string[], settings: Record<string, string>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(program, args, { cwd: root, env: { PATH, HOME, ...compileCache, ...settings }, detached: true })
  onTestFinished(() => {
    // The whole group, so that nothing of a failed test stays behind.
    try {
      process.kill(-(child.pid as number), 'SIGKILL')
    } catch {}
  })
  return child
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    text += chunk
  })
  return () => text
}
