import type { ChatroomMessage, ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import type { Answers } from './answers.ts'
import type { Calls } from './calls.ts'
import { differing, hasOtherIds, isEmpty, type List, lists, missing, type Scalar, scalars } from './difference.ts'

/** PUTs that restoring may take: one that empties lists, one that fills them, and each once more. */
const most = 4
/** ms between two tries where the ERP can't be reached; together half a minute. */
const pauses = [500, 1_000, 2_000, 4_000, 8_000, 15_000]

/** How a chat message was left: what is not as it was, and why that isn't known where it can't be read. */
export type Restored = {
  message?: ChatroomMessage
  left: (Scalar | List)[]
  hasOtherIds: boolean
  unreadable?: string
}

/**
 * Makes a chat message what it was, by what is known of the host so far, and looks whether it is.
 * @param sent the attributes that were sent: only those, and what was emptied with them, are the probe's to restore
 */
export async function restore(
  calls: Pick<Calls, 'get' | 'put'>,
  messageId: string,
  before: ChatroomMessage,
  { answers, sent, wait }: { answers: Answers; sent: ReadonlySet<string>; wait(ms: number): Promise<unknown> },
): Promise<Restored> {
  const left = [...pauses]
  /** @returns whether to try once more */
  const pause = async () => {
    const ms = left.shift()
    if (ms !== undefined) await wait(ms)
    return ms !== undefined
  }
  for (let puts = 0; ; ) {
    const got = await calls.get(messageId)
    if ('failure' in got || !got.message) {
      if (await pause()) continue
      const unreadable = 'failure' in got ? got.failure : `status ${got.status}`
      return { left: [], hasOtherIds: false, unreadable }
    }
    const now = got.message
    const different = differing(before, now)
    const ours = different.filter((name) => sent.has(name) || isEmpty(now[name]))
    const data = ours.length === 0 || puts === most ? undefined : restoringPut(before, now, ours, answers)
    if (!data) {
      return { message: now, left: different, hasOtherIds: different.length === 0 && hasOtherIds(before, now) }
    }
    const put = await calls.put(messageId, data)
    if (!('failure' in put) && put.isSuccess) puts += 1
    else if (!(await pause())) puts = most
  }
}

/** Whether a chat message is what it was, but for ids that its host gives. */
export function isRestored({ left, unreadable }: Restored): boolean {
  return left.length === 0 && unreadable === undefined
}

/**
 * The PUT that brings a chat message nearer to what it was; undefined where none can. To a host that adds to lists an element
 * goes only where it is missing; one that is too much goes by leaving the list out, where the host clears that.
 */
function restoringPut(
  before: ChatroomMessage,
  now: ChatroomMessage,
  ours: readonly (Scalar | List)[],
  { partialPut, lists: taken }: Answers,
): ChatroomMessageData | undefined {
  const clears = partialPut === 'clears'
  const data: ChatroomMessageData = {}
  let isUseful = false
  const carry = <Name extends Scalar | List>(name: Name, value: ChatroomMessageData[Name]) => {
    isUseful ||= ours.includes(name)
    if (value !== null && value !== undefined) data[name] = value
  }
  for (const name of scalars)
    if (clears || ours.includes(name)) carry(name, before[name] ?? (name === 'completed' ? false : ''))
  for (const name of lists) {
    if (!ours.includes(name)) {
      if (clears) carry(name, taken === 'added' ? [] : before[name])
    } else if (taken !== 'added' || now[name].length === 0) {
      carry(name, before[name])
    } else if (missing(now[name], before[name]).length === 0) {
      carry(name, missing(before[name], now[name]))
    } else if (clears) {
      isUseful = true
    }
  }
  return isUseful ? data : undefined
}
