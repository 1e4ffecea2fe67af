import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'

/** Where a command writes to, and what it may ask. */
export type Terminal = {
  /** Writes one or more lines of the result. */
  print(text: string): void
  /** Takes everything that is not the result: questions and failures. */
  stderr: { isTTY?: boolean | undefined; write(text: string): void }
  /** Asks a person and resolves with their line, empty if they leave. Absent where no person is there. */
  ask?(question: string): Promise<string>
  /** Reads standard input to its end. On a terminal it first says what to type. */
  readInput(instruction: string): Promise<string>
  /** Whether results may be coloured. */
  hasColor?: boolean
}

/** The terminal, pipe or file that this process was given. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process
  return {
    print: (line) => console.log(line),
    stderr,
    ...(stdin.isTTY && stderr.isTTY && { ask }),
    async readInput(instruction) {
      if (stdin.isTTY) console.error(`${instruction}, then Enter and Ctrl-D:`)
      return text(stdin)
    },
    hasColor: stdout.isTTY && stdout.hasColors(),
  }
}

async function ask(question: string): Promise<string> {
  const person = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-C and Ctrl-D close the interface and would leave the question open.
    return await Promise.race([person.question(question), once(person, 'close').then(() => '')])
  } finally {
    person.close()
  }
}
