import { text } from 'node:stream/consumers'

/**
 * What comes on standard input. Not as an argument: those stand in the shell's history and in everybody's list of processes.
 * @param what a person is to do, such as "Paste the token"
 */
export function readStdin(what: string): Promise<string> {
  if (process.stdin.isTTY) console.error(`${what}, then Enter and Ctrl-D:`)
  return text(process.stdin)
}

/**
 * A secret from standard input.
 * @param what such as "the token"
 * @throws when none came
 */
export async function readSecret(what: string): Promise<string> {
  const written = (await readStdin(`Paste ${what}`)).trim()
  if (!written) throw new Error(`${what} did not come on standard input`)
  return written
}
