import type { Terminal } from '../../operator/cli/terminal.ts'

/** A terminal that keeps what a command writes. */
export type TestTerminal = Terminal & { printed(): string; warned(): string; questions: string[] }

/** @param options.answer what a person types; without it no person is there */
export function testTerminal({ answer, input = '' }: { answer?: string; input?: string } = {}): TestTerminal {
  let printed = ''
  let warned = ''
  const questions: string[] = []
  return {
    print(text) {
      printed += `${text}\n`
    },
    stderr: {
      write(text) {
        warned += text
      },
    },
    ...(answer !== undefined && {
      async ask(question: string) {
        questions.push(question)
        return answer
      },
    }),
    readInput: async () => input,
    printed: () => printed,
    warned: () => warned,
    questions,
  }
}
