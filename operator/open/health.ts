/** How many messages a queue holds. Times are epoch ms; an absent one is not known. */
export type QueueCounts = {
  /** Those that can be received now, or are being processed. */
  waiting: number
  /** Attempts whose time has not come. */
  delayed: number
  oldestAt?: number | undefined
}

/** What a home measures for `status`; what is absent is not known there. */
export type Health = {
  queue: QueueCounts
  deadLetters: number
  /** Bytes that the data take, and bytes that are free for them. */
  disk?: { data: number; free: number }
  /** Until when the ERP session lasts; epoch ms. `fixed`: a token that settings or an operator gave. */
  session: { until: number } | 'fixed' | 'none yet' | 'not known'
}
