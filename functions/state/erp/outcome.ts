import type { ChatroomMessage } from './chatroom-message.ts'

/** The ERP answered 2xx. A PUT's answer that doesn't tell the chat message is still a success: `message` is absent then. */
type Answered = { kind: 'answered'; message?: ChatroomMessage; tellsLists?: boolean }

/**
 * The call did not get through, or the ERP asks to come again: nothing was applied. `retryAfter` in ms; `skipped` where
 * nobody even tried, because the ERP is known to be dead, or a new session is on its way: that is no failure that counts.
 */
type Unreachable = { kind: 'unreachable'; reason: string; retryAfter?: number; skipped?: true }

/** The ERP refuses this for good, with its answer. */
type Refused = { kind: 'refused'; status: number; answer: string }

/** The PUT was sent whole and never answered in a way that tells: it may have been applied, or may yet be. */
type Lost = { kind: 'lost'; reason: string }

/** How a GET of a chat message ended. */
export type GetOutcome = (Answered & { message: ChatroomMessage }) | Unreachable | Refused

/** How a PUT of a chat message ended. `tellsLists`: its answer had both lists in it, which else are read as empty. */
export type PutOutcome = Answered | Unreachable | Refused | Lost
