import type { Terminal } from '../../operator/cli/terminal.ts'

/** A terminal that keeps what a command writes. */
export type TestTerminal = Terminal & { printed(): string; warned(): string; questions: string[] }

/** @param answer what a person types; without it nobody is there to ask */
export function testTerminal({ answer, isTTY = false }: { answer?: string; isTTY?: boolean } = {}): TestTerminal {
  let printed = ''
  let warned = ''
  const questions: string[] = []
  return {
    print(text) {
      printed += `${text}\n`
    },
    stderr: {
      isTTY,
      write(text) {
        warned += text
      },
    },
    ...(answer !== undefined && {
      async ask(question) {
        questions.push(question)
        return answer
      },
    }),
    printed: () => printed,
    warned: () => warned,
    questions,
  }
}
