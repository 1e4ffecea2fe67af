import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, startBridgeProcess } from '../support/bridge-process.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/post.ts'

/**
 * What version 0.1.0 at commit 0587fc4 left after kill -9: chat message 42 done, a write for 99 parked (404), ticket-7 linked
 * to 43, and a reaction and a done task due for 43 while the ERP was away. Commits stand in the WAL alone.
 */
function folderOfFirstHouse(): string {
  const folder = temporaryFolder()
  cpSync(new URL('../fixtures/data-folder/', import.meta.url), folder, { recursive: true })
  return folder
}

describe('a data folder that version 0.1.0 left after kill -9', () => {
  it('is taken up: what was due is delivered, and parked writes, links and secrets are still there', async () => {
    const DATA_DIR = folderOfFirstHouse()
    const bridge = await startBridgeProcess({ DATA_DIR })
    const [, erp] = /simulated ERP shows its chat on (\S+)\//.exec(bridge.output()) ?? []
    const shown = async (id: number) => {
      const url = `${erp}/api/cp/chat/chatroom_message/${id}`
      const response = await fetch(url, { headers: { 'x-session-token': 'simulated' } })
      return (await response.json()) as Record<string, unknown>
    }

    await until(async () => (await shown(43)).completed === true, 'chat message 43 is done')

    expect(await shown(43)).toMatchObject({ completed: true, reactions: [{ emoji: '👍' }] })
    expect(await shown(42)).toMatchObject({ completed: true, reactions: [{}, { emoji: '🎉' }] })
    const parked = await run(['bin/chatroom-bridge.ts', 'parked', 'list', '--json'], { DATA_DIR })
    expect(JSON.parse(parked.stdout)).toMatchObject([{ messageId: '99', eventId: 'old_3', reason: 'refused 404' }])
    const links = await run(['bin/chatroom-bridge.ts', 'links', 'list', '--json'], { DATA_DIR })
    expect(JSON.parse(links.stdout)).toMatchObject([{ source: 'generic', object: 'ticket-7' }])
    const { generic } = JSON.parse(readFileSync(join(DATA_DIR, 'secrets.json'), 'utf8'))
    const { status } = await fetch(`${bridge.url}/webhooks/generic`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${generic[0]}` },
      body: '{"type":"task.reopened","object":"ticket-7"}',
    })
    expect(status).toBe(202)
    await until(async () => (await shown(43)).completed === false, 'chat message 43 is open again, by its link')
  })
})
