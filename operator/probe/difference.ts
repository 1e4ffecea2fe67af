import type { ChatroomMessage } from '../../functions/state/erp/chatroom-message.ts'

export const scalars = ['message_text', 'completed'] as const
export const lists = ['reactions', 'attachments'] as const
export type Scalar = (typeof scalars)[number]
export type List = (typeof lists)[number]

type Element = ChatroomMessage[List][number]

/** The attributes that differ. New ids and the order of a list do not count. */
export function differing(before: ChatroomMessage, now: ChatroomMessage): (Scalar | List)[] {
  return [
    ...scalars.filter(
      (name) => !isEmpty(before[name]) !== !isEmpty(now[name]) || (!isEmpty(now[name]) && before[name] !== now[name]),
    ),
    ...lists.filter((name) => missing(before[name], now[name]).length + missing(now[name], before[name]).length > 0),
  ]
}

/** The elements that `there` lacks, each as often as it is wanted. */
export function missing<E extends Element>(wanted: readonly E[], there: readonly Element[]): E[] {
  const rest = there.map(keyOf)
  return wanted.filter((element) => {
    const found = rest.indexOf(keyOf(element))
    if (found >= 0) rest.splice(found, 1)
    return found < 0
  })
}

/** Tells whether some element has another id than before. */
export function hasOtherIds(before: ChatroomMessage, now: ChatroomMessage): boolean {
  return lists.some((name) => {
    const ids = new Set(now[name].map(({ id }) => id))
    return before[name].some(({ id }) => !ids.has(id))
  })
}

/** Tells whether a value is nothing, an empty text, an empty list, or false. */
export function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : !value
}

function keyOf({ id: _, ...content }: Element): string {
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)))
}
