import * as z from 'zod'
import { Instant, Name } from './changes.ts'

/**
 * What an event leaves open and its provider's API tells: whether a task is completed, or which chat messages its text
 * refers to. `occurredAt` is the event's own time, without which nobody could say what came first.
 */
export const Lookup = z.strictObject({
  source: Name,
  object: Name,
  eventId: Name,
  occurredAt: Instant,
  receivedAt: Instant,
  asks: z.array(z.enum(['completed', 'references'])).min(1),
  /** Whether the event changed the object itself, so that an answer from before it does not know of it. */
  modifies: z.boolean(),
})
export type Lookup = z.infer<typeof Lookup>

/** A task as its provider shows it now. Moments are written as `Date.toISOString` does; `texts` may refer to chat messages. */
export type TaskSnapshot = {
  completed: boolean
  completedAt?: string | undefined
  modifiedAt?: string | undefined
  texts: string[]
}

/** How a look-up ended. */
export type LookupOutcome =
  | { kind: 'told'; state: TaskSnapshot }
  /** For now. `retryAfter` in ms; `skipped` where the rate limit let nobody ask, which is no failure. */
  | { kind: 'unreachable'; reason: string; retryAfter?: number | undefined; skipped?: true }
  /** There is no such object any more. */
  | { kind: 'gone'; reason: string }
  /** For good, until somebody changes something there, such as who may see the object. */
  | { kind: 'refused'; reason: string }
