import type { ChatroomMessage, ChatroomMessageData } from './chatroom-message.ts'

const attributes = ['message_text', 'completed', 'reactions', 'attachments'] as const

/**
 * Finds out that a host clears what a PUT leaves out: everything that had content and wasn't sent is empty in the answer,
 * the text among it or more than one. A person who empties a list in the same moment doesn't look like that.
 * @param before what the GET told
 * @param sent the PUT's data
 * @param answer what the PUT answered
 * @param options.listsAppend whether a PUT adds to lists: then what was sent of one is there and goes no second time
 * @returns the whole chat message as it should be, to be put again; undefined where nothing was cleared
 */
export function detectCleared(
  before: ChatroomMessage,
  sent: ChatroomMessageData,
  answer: ChatroomMessage,
  { listsAppend = false }: { listsAppend?: boolean | undefined } = {},
): ChatroomMessageData | undefined {
  const unsent = attributes.filter((name) => sent[name] === undefined && !isEmpty(before[name]))
  const isTelling = unsent.length > 1 || unsent.includes('message_text')
  if (!isTelling || unsent.some((name) => !isEmpty(answer[name]))) return undefined
  const own = attributes.filter((name) => sent[name] !== undefined)
  const asAnswered = (name: (typeof attributes)[number]) =>
    listsAppend && Array.isArray(answer[name]) ? [] : answer[name]
  return { ...before, ...Object.fromEntries(own.map((name) => [name, asAnswered(name)])) }
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : !value
}
