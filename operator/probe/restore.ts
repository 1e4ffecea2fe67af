import type { ChatroomMessage, ChatroomMessageData } from '../../functions/state/erp/chatroom-message.ts'
import type { Calls } from './calls.ts'
import { differing, hasOtherIds, isEmpty, type List, lists, missing, type Scalar, scalars } from './difference.ts'
import type { Findings } from './probe.ts'

/** The most PUTs that restoring may take: one that empties lists, one that fills them, and each once more. */
const maxPuts = 4
/** Pauses between tries while the ERP cannot be reached; ms, half a minute in total. */
const pauses = [500, 1_000, 2_000, 4_000, 8_000, 15_000]

/** How a chat message was left: the attributes that differ, or why that is not known. */
export type Restored = {
  message?: ChatroomMessage
  left: (Scalar | List)[]
  hasOtherIds: boolean
  unreadable?: string
}

/**
 * Makes a chat message what it was, by what is known of the host so far, and checks the result.
 * @param sent the attributes that the probe sent: it restores only those, and attributes that are empty now
 */
export async function restore(
  calls: Pick<Calls, 'get' | 'put'>,
  messageId: string,
  before: ChatroomMessage,
  { findings, sent, wait }: { findings: Findings; sent: ReadonlySet<string>; wait(ms: number): Promise<unknown> },
): Promise<Restored> {
  const left = [...pauses]
  // Resolves with false once the pauses are used up.
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
    const data = ours.length === 0 || puts === maxPuts ? undefined : restoringPut(before, now, ours, findings)
    if (!data) {
      return { message: now, left: different, hasOtherIds: different.length === 0 && hasOtherIds(before, now) }
    }
    const put = await calls.put(messageId, data)
    if (!('failure' in put) && put.isSuccess) puts += 1
    else if (!(await pause())) puts = maxPuts
  }
}

/** Tells whether everything is as it was, apart from ids. */
export function isRestored({ left, unreadable }: Restored): boolean {
  return left.length === 0 && unreadable === undefined
}

/**
 * Builds the PUT that brings a chat message nearer to what it was; undefined where none can. A host that adds to lists gets
 * only missing elements; surplus elements go by leaving the list out, where the host clears that.
 */
function restoringPut(
  before: ChatroomMessage,
  now: ChatroomMessage,
  ours: readonly (Scalar | List)[],
  { partialPut, lists: taken }: Findings,
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
