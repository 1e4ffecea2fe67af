import { createHash } from 'node:crypto'
import { closeSync, cpSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from '../../functions/state/queue-message.ts'
import { openStorage } from '../../local/storage/storage.ts'
import { done, update } from './factories.ts'
import { temporaryFolder } from './folder.ts'

export const pageSize = 4096

/** Overwrites a part of a file with what no part of a database looks like. */
export function overwrite(path: string, at: number, bytes: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, at)
  closeSync(file)
}

/** A folder as a crash leaves it: webhooks that complete chat messages 1 to `webhooks`, in the file or still in its log. */
export async function crashedFolder(webhooks: number, { inLog = false, together = webhooks } = {}): Promise<string> {
  const home = temporaryFolder()
  const data = openStorage(home)
  for (let sent = 0; sent < webhooks; sent += together) {
    const ids = Array.from({ length: together }, (_, index) => String(sent + index + 1))
    const body = (messageId: string) => {
      // Of different lengths, so that pages hold one or many.
      const text = update({ kind: 'text', text: 'x'.repeat(Number(messageId) * 20) }, { messageId, position: 1 })
      return encode({ version: 1, kind: 'updates', updates: [update(done, { messageId }), text] })
    }
    await Promise.all(ids.map((id) => data.queue.send(body(id))))
  }
  if (!inLog) data.database.sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const folder = temporaryFolder()
  for (const name of ['bridge.sqlite', 'bridge.sqlite-wal']) {
    cpSync(join(home, name), join(folder, name))
  }
  data.close()
  return folder
}

/** What stands in a folder's database and log. */
export function fingerprint(folder: string): string[] {
  return ['bridge.sqlite', 'bridge.sqlite-wal'].map((name) => {
    const path = join(folder, name)
    return existsSync(path)
      ? `${statSync(path).size} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`
      : ''
  })
}
