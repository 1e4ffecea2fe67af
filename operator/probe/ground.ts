import type { ChatroomMessage, ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import type { Answers } from './answers.ts'
import type { Answer, Calls } from './calls.ts'
import { isRestored, type Restored, restore } from './restore.ts'

/** Why the questions ended before their end. */
export class Stopped extends Error {}

export type Asking = {
  calls: Calls
  messageId: string
  /** The chat message as it was before. */
  before: ChatroomMessage
  answers: Answers
  /** Ends the questions: what was changed is restored. */
  signal: AbortSignal
  /** Says which question is asked now. */
  say(question: string): void
  /** ms between two tries to restore what the ERP can't be reached for. */
  wait(ms: number): Promise<unknown>
  /** Whether a reaction may be added that perhaps only a person can take away again; asked only where it comes to that. */
  mayLeave(): Promise<boolean>
}

/** What the questions stand on: a chat message that each of them finds as it was. */
export type Ground = Pick<Asking, 'answers' | 'say' | 'mayLeave'> & {
  /** As it was, with the ids that its elements have now. */
  start(): ChatroomMessage
  /** @throws Stopped */
  read(): Promise<ChatroomMessage>
  /**
   * Sends attributes, with what the host would clear otherwise. Only a 2xx or a refusal comes back.
   * @throws Stopped
   */
  put(data: ChatroomMessageData): Promise<Answer>
  /** The same with a body that makes no sense. */
  putNonsense(): Promise<Answer>
  /** Restores what was changed. @returns whether all is as it was */
  back(): Promise<boolean>
  restored(): Restored
}

/** Lays the ground for questions about one chat message. */
export function groundOf({ calls, messageId, before, answers, signal, say, wait, mayLeave }: Asking): Ground {
  const sent = new Set<string>()
  let start = before
  let restored: Restored = { left: [], hasOtherIds: false, message: before }
  let isTouched = false

  /** Attachments go along once it is known that this doesn't double them; until then restoring brings them back. */
  const withTheOthers = (data: ChatroomMessageData): ChatroomMessageData => ({
    ...(answers.partialPut === 'clears' && {
      ...(start.message_text && { message_text: start.message_text }),
      completed: start.completed ?? false,
      ...(answers.lists === 'replaced' && { attachments: start.attachments }),
    }),
    ...data,
  })
  const touching = async (call: () => ReturnType<Calls['put']>): Promise<Answer> => {
    if (signal.aborted) throw new Stopped('it was interrupted')
    isTouched = true
    const answer = await call()
    if ('failure' in answer)
      throw new Stopped(answer.sent ? `a PUT got no answer (${answer.failure})${late}` : answer.failure)
    if (answer.status >= 500) throw new Stopped(`the ERP fails (${answer.status})${late}`)
    if (answer.status === 429) throw new Stopped('the ERP asks to come again later (429)')
    return answer
  }
  return {
    answers,
    say,
    mayLeave,
    start: () => start,
    async read() {
      const got = await calls.get(messageId)
      if ('failure' in got || !got.message) throw new Stopped('the ERP no longer tells the chat message')
      return got.message
    },
    put: (data) =>
      touching(() => {
        const whole = withTheOthers(data)
        for (const name of Object.keys(whole)) sent.add(name)
        return calls.put(messageId, whole)
      }),
    putNonsense: () => touching(() => calls.putNonsense(messageId)),
    async back() {
      if (!isTouched) return true
      say('restoring')
      const hadOtherIds = restored.hasOtherIds
      restored = await restore(calls, messageId, start, { answers, sent, wait })
      restored.hasOtherIds ||= hadOtherIds
      start = restored.message ?? start
      isTouched = false
      return isRestored(restored)
    },
    restored: () => restored,
  }
}

const late = ': it may still be applied, so look at the chat message again in a minute'
