import { text } from 'node:stream/consumers'

/**
 * A secret from standard input. Not an argument: those stand in the shell's history and in everybody's list of processes.
 * @param what such as "the token"
 * @throws when none came
 */
export async function pasted(what: string): Promise<string> {
  if (process.stdin.isTTY) console.error(`Paste ${what}, then Enter and Ctrl-D:`)
  const written = (await text(process.stdin)).trim()
  if (!written) throw new Error(`${what} did not come on standard input`)
  return written
}
