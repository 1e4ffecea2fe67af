/** A record as the store returns it. The version makes the next save optimistic. */
export type StoredState = { body: string; version: number }

/** A record to save, with the times (epoch ms) that the store keeps indexes of. */
export type SavedState = {
  body: string
  sweepAt?: number | undefined
  parkedAt?: number | undefined
  linkedAt?: number | undefined
  expiresAt?: number | undefined
}
