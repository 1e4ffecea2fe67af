import { rmSync, writeFileSync } from 'node:fs'
import type { ChatroomMessage } from '../../functions/state/erp/chatroom-message.ts'

/** A chat message as it was, in a file until it is so again. */
export type Kept = { file: string; remove(): void }

/**
 * Keeps a chat message as it was, for whoever has to restore it by hand after a crash.
 * @throws where an earlier probe of it left one
 */
export function keep(messageId: string, host: string, message: ChatroomMessage): Kept {
  const file = `probe-${new URL(host).host.replace(/[^\w.-]/g, '-')}-${messageId}.json`
  try {
    writeFileSync(file, JSON.stringify(message, null, 2), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Error(
      `${file} is there: a probe ended before it had restored this chat message. Put it right, and delete the file`,
      { cause: error },
    )
  }
  return { file, remove: () => rmSync(file) }
}
