import { setTimeout as wait } from 'node:timers/promises'

/** @throws unless it holds: what was expected, and what was there instead */
export function expect(holds: boolean, expected: string, found: unknown): void {
  if (!holds) throw new Error(`expected ${expected}, found ${JSON.stringify(found)}`)
}

/**
 * Looks again and again until something holds.
 * @param seconds that it may take
 * @param expected what is waited for, in words
 * @param look says what is there, and whether that is it
 */
export async function expectWithin<T>(
  seconds: number,
  expected: string,
  look: () => Promise<[boolean, T]> | [boolean, T],
): Promise<T> {
  for (const end = Date.now() + seconds * 1000; ; await wait(200)) {
    const [holds, found] = await look()
    if (holds) return found
    expect(Date.now() < end, `${expected} within ${seconds} s`, found)
  }
}
