import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'

/** Where a command writes to, and whom it may ask. */
export type Terminal = {
  /** A line, or several, of the result. */
  print(text: string): void
  /** What is no result: progress, questions, and what could not be done. */
  stderr: { isTTY?: boolean | undefined; write(text: string): void }
  /** Asks a person, and resolves with a line, empty where they go away. Absent where nobody is there. */
  ask?(question: string): Promise<string>
}

/** The terminal, pipe or file that this process was given. */
export function thisTerminal(): Terminal {
  const { stdin, stderr } = process
  return { print: (text) => console.log(text), stderr, ...(stdin.isTTY && stderr.isTTY && { ask }) }
}

async function ask(question: string): Promise<string> {
  const person = createInterface({ input: process.stdin, output: process.stderr })
  try {
    // Ctrl-C and Ctrl-D close it, and leave the question open for ever.
    return await Promise.race([person.question(question), once(person, 'close').then(() => '')])
  } finally {
    person.close()
  }
}
