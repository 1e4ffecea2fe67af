import type { ChatroomMessage, ChatroomMessageData } from '../../functions/core/chatroom-message.ts'
import { explain } from '../../local/explain.ts'
import type { Answers } from './answers.ts'
import type { Answer, Calls } from './calls.ts'
import { isEmpty, lists, missing } from './difference.ts'
import { isRestored, type Restored, restore } from './restore.ts'

/** A key of an element that no host knows. */
const unknownKey = 'bridgeProbe'
/** An emoji that the chat message doesn't have: what is added must not be taken for a customer's. */
const ownEmojis = ['👀', '🔎', '🧪', '🐾', '🧭']

/** Why the questions ended before their end. */
class Stopped extends Error {}

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

/**
 * Asks everything that takes a PUT, the least harmful first, and restores after each question, for whatever reason it ended.
 *
 * What each changes is what is restored exactly, whichever way the host turns out to be:
 * - `completed` alone, to see what becomes of the others. Where they are cleared, their lists are empty then, and an empty list
 *   takes all its elements again, with their ids, whether the host replaces or adds.
 * - An empty list of reactions, where there are some: a host that adds changes nothing, and one that replaces takes the whole
 *   list again. Attachments are not used for this: a host may delete what is behind them.
 * - Where there are none, one has to be added. A host that replaces, or clears what is left out, loses it again; on any other it
 *   stays, so that is done only with leave.
 * - Elements are added to a list, for the other questions, only where they can be taken away.
 * @returns how the chat message was left, and why the questions ended, where they did not get to their end
 */
export async function askWithPuts(asking: Asking): Promise<{ restored: Restored; why?: string }> {
  const { calls, messageId, answers, before, signal, say } = asking
  const sent = new Set<string>()
  let start = before
  let restored: Restored = { left: [], hasOtherIds: false, message: before }
  let isTouched = false

  const read = async (): Promise<ChatroomMessage> => {
    const got = await calls.get(messageId)
    if ('failure' in got || !got.message) throw new Stopped('the ERP no longer tells the chat message')
    return got.message
  }
  const put = async (data: ChatroomMessageData): Promise<Answer> => {
    if (signal.aborted) throw new Stopped('it was interrupted')
    isTouched = true
    for (const name of Object.keys(data)) sent.add(name)
    const answer = await calls.put(messageId, data)
    if ('failure' in answer) {
      throw new Stopped(
        answer.sent
          ? `a PUT got no answer (${answer.failure}): it may still be applied, so look at the chat message again in a minute`
          : `the ERP can't be reached (${answer.failure})`,
      )
    }
    return answer
  }
  /**
   * The PUT's data with what the host would clear otherwise. Attachments go along once it is known that this doesn't double
   * them; until then restoring brings them back, as it did after the first question.
   */
  const whole = (data: ChatroomMessageData): ChatroomMessageData =>
    answers.partialPut === 'clears'
      ? {
          ...(start.message_text && { message_text: start.message_text }),
          completed: start.completed ?? false,
          ...(answers.lists === 'replaced' && { attachments: start.attachments }),
          ...data,
        }
      : data
  /** @returns whether all is as it was */
  const back = async (): Promise<boolean> => {
    if (!isTouched) return true
    say('restoring')
    const idsBefore = restored.hasOtherIds
    restored = await restore(calls, messageId, start, { answers, sent, wait: asking.wait })
    restored.hasOtherIds ||= idsBefore
    // Ids that were given anew are the ones to send from now on.
    start = restored.message ?? start
    isTouched = false
    return isRestored(restored)
  }

  async function askAboutTheOthers(): Promise<void> {
    say('does a PUT of some fields leave the others alone?')
    const wanted = !start.completed
    const answer = await put({ completed: wanted })
    if (!answer.isSuccess) throw new Stopped(`the ERP refuses a PUT (${answer.status})`)
    answers.putTells = answer.message ? (answer.tellsLists ? 'all' : 'no lists') : 'nothing'
    const now = await read()
    if (Boolean(now.completed) !== wanted)
      throw new Stopped(
        'the ERP answers a PUT with success, and nothing changes: look at the chat message again in a minute',
      )
    const others = (['message_text', ...lists] as const).filter((name) => !isEmpty(start[name]))
    if (others.length === 0) throw new Stopped('the chat message has neither text nor lists: take one with a text')
    const cleared = others.filter((name) => isEmpty(now[name]))
    answers.partialPut = cleared.length > 0 ? 'clears' : 'keeps'
    if (cleared.length > 0) answers.cleared = cleared
  }

  async function askAboutLists(): Promise<void> {
    if (start.reactions.length === 0 && answers.partialPut === 'keeps' && !(await asking.mayLeave())) return
    say('does a list in a PUT replace what is there?')
    if (start.reactions.length === 0) await putReactions([{ emoji: ownEmoji() }])
    const { reactions: there } = await read()
    await putReactions([])
    const { reactions } = await read()
    if (there.length === 0) throw new Stopped('the ERP takes a reaction, and does not show it')
    if (reactions.length > 0 && missing(there, reactions).length > 0)
      throw new Stopped('an empty list takes some reactions away, and not all')
    answers.lists = reactions.length === 0 ? 'replaced' : 'added'
  }

  async function putReactions(reactions: ChatroomMessage['reactions']): Promise<void> {
    const answer = await put(whole({ reactions }))
    if (!answer.isSuccess) throw new Stopped(`the ERP refuses a PUT of reactions (${answer.status})`)
  }

  async function askAboutElements(): Promise<void> {
    if (answers.lists !== 'replaced') return
    say('are keys kept that nobody knows, and is the same emoji possible twice?')
    const emoji = ownEmoji()
    const strange = await put(whole({ reactions: [...start.reactions, { emoji, [unknownKey]: 'probe' }] }))
    const ofOurs = async () => (await read()).reactions.filter((reaction) => reaction.emoji === emoji)
    const [own] = strange.isSuccess ? await ofOurs() : []
    answers.unknownKeys = own ? (Object.hasOwn(own, unknownKey) ? 'kept' : 'dropped') : 'refused'
    const twice = await put(whole({ reactions: [...start.reactions, { emoji }, { emoji }] }))
    const count = twice.isSuccess ? (await ofOurs()).length : 0
    answers.repeatedEmoji = twice.isSuccess ? (count > 1 ? 'possible' : 'dropped') : 'refused'
  }

  async function askAboutNonsense(): Promise<void> {
    if (signal.aborted) throw new Stopped('it was interrupted')
    say('what does an error look like?')
    isTouched = true
    const answer = await calls.putNonsense(messageId)
    if (!('failure' in answer)) answers.errors.nonsense = answer.error ?? { status: answer.status }
  }

  function ownEmoji(): string {
    return ownEmojis.find((emoji) => start.reactions.every((reaction) => reaction.emoji !== emoji)) ?? '🪵'
  }

  const why: string[] = []
  for (const ask of [askAboutTheOthers, askAboutLists, askAboutElements, askAboutNonsense]) {
    await ask().catch((error) => why.push(error instanceof Stopped ? error.message : explain(error)))
    if (!(await back())) why.push('what was changed could not be restored')
    if (why.length > 0) break
  }
  return { restored, ...(why.length > 0 && { why: why.join('; ') }) }
}
