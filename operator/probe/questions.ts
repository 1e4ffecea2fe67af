import type { ChatroomMessage } from '../../functions/state/erp/chatroom-message.ts'
import { isEmpty, lists, missing } from './difference.ts'
import { type Ground, Stopped } from './ground.ts'

/** A key of an element that no host knows. */
const unknownKey = 'bridgeProbe'
/** An emoji that the chat message doesn't have: what is added must not be taken for a customer's. */
const ownEmojis = ['👀', '🔎', '🧪', '🐾', '🧭']

/**
 * Everything that takes a PUT to find out, the least harmful first. What each changes is what can be restored exactly, whichever
 * way the host turns out to be:
 * - `completed` alone, to see what becomes of the others. Where they are cleared, their lists are empty then, and an empty list
 *   takes all its elements again, with their ids, whether the host replaces or adds.
 * - An empty list of reactions, where there are some: a host that adds changes nothing, and one that replaces takes the whole
 *   list again. Attachments are not used for this: a host may delete what is behind them.
 * - Where there are none, one has to be added. A host that replaces, or clears what is left out, loses it again; on any other it
 *   stays, so that is done only with leave.
 * - Elements are added to a list, for the other questions, only where they can be taken away.
 * - A body without the one key that is required, which leaves nothing to apply.
 */
export const questions: readonly ((ground: Ground) => Promise<void>)[] = [
  aboutTheOthers,
  aboutLists,
  aboutElements,
  aboutNonsense,
]

async function aboutTheOthers({ start, put, read, answers, say }: Ground): Promise<void> {
  say('does a PUT of some fields leave the others alone?')
  const before = start()
  const others = (['message_text', ...lists] as const).filter((name) => !isEmpty(before[name]))
  if (others.length === 0) throw new Stopped('the chat message has neither text nor lists: take one with a text')
  const wanted = !before.completed
  const answer = await put({ completed: wanted })
  if (!answer.isSuccess) throw new Stopped(`the ERP refuses a PUT (${answer.status})`)
  answers.putTells = answer.message ? (answer.tellsLists ? 'all' : 'no lists') : 'nothing'
  const now = await read()
  if (Boolean(now.completed) !== wanted) {
    throw new Stopped('a PUT succeeds and nothing changes: look at the chat message again in a minute')
  }
  const cleared = others.filter((name) => isEmpty(now[name]))
  answers.partialPut = cleared.length > 0 ? 'clears' : 'keeps'
  if (cleared.length > 0) answers.cleared = cleared
}

async function aboutLists(ground: Ground): Promise<void> {
  const { start, read, answers, say, mayLeave } = ground
  const isBare = start().reactions.length === 0
  if (isBare && answers.partialPut === 'keeps' && !(await mayLeave())) return
  say('does a list in a PUT replace what is there?')
  if (isBare) await putReactions(ground, [{ emoji: ownEmoji(start()) }])
  const { reactions: before } = await read()
  if (before.length === 0) throw new Stopped('the ERP takes a reaction, and does not show it')
  await putReactions(ground, [])
  const { reactions: now } = await read()
  if (now.length > 0 && missing(before, now).length > 0) {
    throw new Stopped('an empty list takes some reactions away, and not all')
  }
  answers.lists = now.length === 0 ? 'replaced' : 'added'
}

async function putReactions({ put }: Ground, reactions: ChatroomMessage['reactions']): Promise<void> {
  const { isSuccess, status } = await put({ reactions })
  if (!isSuccess) throw new Stopped(`the ERP refuses a PUT of reactions (${status})`)
}

async function aboutElements({ start, put, read, answers, say }: Ground): Promise<void> {
  if (answers.lists !== 'replaced') return
  say('are keys kept that nobody knows, and is the same emoji possible twice?')
  const { reactions } = start()
  const emoji = ownEmoji(start())
  const ofOurs = async () => (await read()).reactions.filter((reaction) => reaction.emoji === emoji)
  const strange = await put({ reactions: [...reactions, { emoji, [unknownKey]: 'probe' }] })
  const [own] = strange.isSuccess ? await ofOurs() : []
  answers.unknownKeys = own ? (Object.hasOwn(own, unknownKey) ? 'kept' : 'dropped') : 'refused'
  const twice = await put({ reactions: [...reactions, { emoji }, { emoji }] })
  const count = twice.isSuccess ? (await ofOurs()).length : 0
  answers.repeatedEmoji = twice.isSuccess ? (count > 1 ? 'possible' : 'dropped') : 'refused'
}

async function aboutNonsense({ putNonsense, answers, say }: Ground): Promise<void> {
  say('what does an error look like?')
  const { error, status } = await putNonsense()
  answers.errors.nonsense = error ?? { status }
}

function ownEmoji({ reactions }: ChatroomMessage): string {
  return ownEmojis.find((emoji) => reactions.every((reaction) => reaction.emoji !== emoji)) ?? '🪵'
}
