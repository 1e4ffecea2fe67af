import { spawn } from 'node:child_process'
import { once } from 'node:events'

const root = new URL('..', import.meta.url).pathname

/** What a command printed, and how it ended. `all` has standard output and errors as they came. */
type Ended = { code: number | null; stdout: string; all: string }

/** Runs commands in the project's folder. */
export type Commands = {
  /** @throws unless it ends with 0: what it printed */
  run(command: string, options?: { input?: string }): Promise<string>
  /** @returns how it ended, whatever it ended with */
  end(command: string, options?: { input?: string }): Promise<Ended>
}

/**
 * Runs commands as a person would type them, without a shell: their parts are separated by single spaces.
 * @param signal ends what runs, with all its children
 */
export function createCommands(signal: AbortSignal): Commands {
  async function end(command: string, { input = '' } = {}): Promise<Ended> {
    signal.throwIfAborted()
    const [program = '', ...args] = command.split(' ')
    const child = spawn(program, args, { cwd: root, detached: true })
    const stop = () => endGroup(child.pid)
    signal.addEventListener('abort', stop)
    const ended: Ended = { code: null, stdout: '', all: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ended.stdout += text
      ended.all += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ended.all += text
    })
    child.stdin.on('error', () => {}).end(input)
    try {
      const [code] = await once(child, 'close')
      signal.throwIfAborted()
      return { ...ended, code }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  return {
    end,
    async run(command, options) {
      const { code, stdout, all } = await end(command, options)
      if (code !== 0) throw new Error(`expected this to end with 0, and it ended with ${code}: ${command}\n${all}`)
      return stdout
    },
  }
}

/** Ends a process that was started as the head of a group, with the whole group. */
export function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
