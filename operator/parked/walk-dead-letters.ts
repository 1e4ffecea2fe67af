import pMap from 'p-map'
import type { Queue, ReceivedMessage } from '../../functions/ports/ports.ts'

/** ms that a dead letter is in this command's hands; also how long one stays unseen where the command is killed. */
const visibility = 60_000
/** Each may have 1 MiB. */
const atOnce = 10
/** Releases under way at once. */
const sideBySide = 20

/**
 * Takes every dead letter in hand once, and gives back those that stay. One that is in another's hands, such as another
 * command's, isn't seen. Killed at any moment it loses nothing: what it had in its hands comes back by itself.
 * @param visit looks at a letter, and may remove it
 * @param isDone whether the rest doesn't matter
 */
export async function walkDeadLetters(
  deadLetters: Queue,
  visit: (letter: ReceivedMessage, remove: () => Promise<void>) => Promise<void>,
  isDone: () => boolean = () => false,
): Promise<void> {
  const seen = new Set<string>()
  // Receipts and not letters, of which there may be thousands.
  const kept = new Map<string, string>()
  try {
    while (!isDone()) {
      const letters = await deadLetters.receive({ max: atOnce, visibility })
      const fresh = letters.filter(({ id }) => !seen.has(id))
      for (const { id, receipt } of letters) kept.set(id, receipt)
      // Those of the beginning are visible again: all were seen.
      if (fresh.length === 0) break
      await pMap(fresh, async (letter) => {
        seen.add(letter.id)
        await visit(letter, async () => {
          await deadLetters.remove(letter.receipt)
          kept.delete(letter.id)
        })
      })
    }
  } finally {
    // One that can't be released now comes back by itself.
    await pMap(kept.values(), (receipt) => deadLetters.release(receipt, 0).catch(() => {}), { concurrency: sideBySide })
  }
}
