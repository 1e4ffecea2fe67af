import pMap from 'p-map'
import type { Queue, ReceivedMessage } from '../../functions/ports/ports.ts'

/** How long a received dead letter is hidden from others, also if the command is killed; ms. */
const visibility = 60_000
/** Dead letters that are received at once; each may have 1 MiB. */
const batchSize = 10
const releaseConcurrency = 20

/**
 * Visits every dead letter once and releases those that stay. A dead letter that another command has received is not seen.
 * If the command is killed, what it had received becomes visible again by itself.
 * @param visit looks at a letter, and may remove it
 * @param isDone ends the walk early
 */
export async function walkDeadLetters(
  deadLetters: Queue,
  visit: (letter: ReceivedMessage, remove: () => Promise<void>) => Promise<void>,
  isDone: () => boolean = () => false,
): Promise<void> {
  const seen = new Set<string>()
  // Receipts instead of letters, because there may be thousands.
  const kept = new Map<string, string>()
  try {
    while (!isDone()) {
      const letters = await deadLetters.receive({ max: batchSize, visibility })
      const fresh = letters.filter(({ id }) => !seen.has(id))
      for (const { id, receipt } of letters) kept.set(id, receipt)
      // The first ones are visible again, so all were seen.
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
    // One that cannot be released now becomes visible by itself.
    await pMap(kept.values(), (receipt) => deadLetters.release(receipt, 0).catch(() => {}), {
      concurrency: releaseConcurrency,
    })
  }
}
