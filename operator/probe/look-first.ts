import { isDeepStrictEqual } from 'node:util'
import type { ChatroomMessage } from '../../functions/state/erp/chatroom-message.ts'
import type { Answers } from './answers.ts'
import type { Calls } from './calls.ts'

/** How often a chat message is read: enough for a p95, few enough for any host. */
const reads = 10
/** The largest number that a host is sure to take for one; few have as many chat messages. */
const unknownMessage = '2147483647'
const wrongToken = 'a-token-that-nobody-was-given'

/** What reading tells, or why there is nothing to go on with. */
export type FirstLook = { message: ChatroomMessage } | { why: string }

/** Asks everything that can be asked without a PUT. */
export async function lookFirst(calls: Calls, messageId: string, answers: Answers): Promise<FirstLook> {
  const first = await calls.get(messageId)
  if ('failure' in first) return { why: `the ERP can't be reached: ${first.failure}` }
  if (first.status === 401) return { why: 'the ERP refuses the token (401)' }
  if (first.status === 404) return { why: `the ERP has no chat message ${messageId} (404)` }
  if (!first.isSuccess) return refused(first.status, answers)
  const { message } = first
  if (!message) return { why: 'what the ERP answers is no chat message: is this the right host?' }
  answers.get = 'answered'
  for (let count = 1; count < reads; count += 1) {
    const next = await calls.get(messageId)
    if ('failure' in next || !isDeepStrictEqual(next.message, message)) {
      return {
        why: 'it is not the same each time it is read: take a chat message that nobody is at, without attachments',
      }
    }
  }
  const unknown = await calls.get(unknownMessage)
  if (!('failure' in unknown)) answers.errors.unknownMessage = unknown.error ?? { status: unknown.status }
  const wrong = await calls.get(messageId, { token: wrongToken })
  if (!('failure' in wrong)) answers.errors.wrongToken = wrong.error ?? { status: wrong.status }
  return { message }
}

/** A failure of the server may pass; every other refusal is of GET itself, for 401 and 404 are told apart before. */
function refused(status: number, answers: Answers): FirstLook {
  if (status >= 500 && status !== 501) return { why: `the ERP fails (${status}): try again later` }
  if (status === 429) return { why: 'the ERP asks to come again later (429)' }
  answers.get = 'refused'
  return {
    why: `the ERP refuses GET (${status}). What can't be read can't be restored, so nothing was written: try a PUT by hand on a chat message of your own, and see in the ERP whether its text stays`,
  }
}
