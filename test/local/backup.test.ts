import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import { lock } from '../../local/files/process-lock.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { openStorage } from '../../local/storage/storage.ts'
import { run, startBridgeProcess } from '../support/bridge-process.ts'
import { cliCommand } from '../support/cli.ts'
import { crashedFolder, overwrite, pageSize } from '../support/damage.ts'
import { chatMessage } from '../support/delivery.ts'
import { secret } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { post, until } from '../support/post.ts'

const chatMessages = 30
const WEBHOOK_SECRETS = JSON.stringify({ generic: [secret], github: [secret] })

/** The command as a colleague of bin/ calls it. */
async function backup(folder: string, ...args: string[]) {
  const lines: string[] = []
  const settings = () => readSettings({ DATA_DIR: folder }, 'one machine')
  const noBridge = () => Promise.reject(new Error('backup opens no bridge'))
  const code = await cliCommand('backup', settings)(args, noBridge, { print: (line) => void lines.push(line) })
  return { code, said: lines.join('\n') }
}

describe('npx chatroom-bridge backup', () => {
  it('while webhooks come in holds all that was acknowledged before, which a bridge on it delivers', async () => {
    const messages = Array.from({ length: chatMessages }, (_, id) => chatMessage({ id }))
    const erp = await startSimulatedErp({ messages, token: 'token' })
    onTestFinished(() => erp.stop())
    // Nothing gets through until there is a bridge on the backup, so that all of it is in the backup.
    erp.fault = () => ({ kind: 'status', status: 503, headers: { 'retry-after': '1' } })
    const settings = { ERP_BASE_URL: erp.url, ERP_TOKEN: 'token', WEBHOOK_SECRETS }
    const DATA_DIR = temporaryFolder()
    const bridge = await startBridgeProcess({ ...settings, DATA_DIR })
    const acknowledged = new Map<number, string>()
    let next = 0
    const senders = Array.from({ length: 8 }, async () => {
      for (;;) {
        const index = next++
        const [id, text] = [index % chatMessages, `text ${index} `.padEnd(3_000, 'x')]
        const occurredAt = new Date(Date.UTC(2026, 10, 22, 12, 0, index)).toISOString()
        const event = { id: `e${index}`, type: 'text.edited', messageId: id, occurredAt, text }
        const { status } = await post(bridge.url, event).catch(() => ({ status: 0 }))
        if (status === 0) return
        if (status === 202 && index > Number(acknowledged.get(id)?.split(' ')[1] ?? -1)) acknowledged.set(id, text)
      }
    })
    await until(() => next > 300, '300 webhooks')
    const before = new Map(acknowledged)
    const file = join(temporaryFolder(), 'backup.sqlite')
    const { code, stdout, stderr } = await run(['bin/chatroom-bridge.ts', 'backup', file], { DATA_DIR })
    await bridge.end('SIGKILL')
    await Promise.all(senders)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /backup\.sqlite holds \d+ queued webhooks, 30 chat messages \(30 due\), 0 objects, 0 dead letters; [\d.]+ MB/,
    )
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(file, '..'))).toEqual(['backup.sqlite'])

    const restored = temporaryFolder()
    copyFileSync(file, join(restored, 'bridge.sqlite'))
    erp.fault = undefined
    await startBridgeProcess({ ...settings, DATA_DIR: restored })
    const number = (text = '') => Number(text.split(' ')[1])
    const isShown = () => [...before].every(([id, text]) => number(erp.message(id)?.message_text) >= number(text))
    await until(isShown, 'everything that was acknowledged before')
  })

  it('replaces a file only when told to, and never the database itself', async () => {
    const folder = await crashedFolder(3)
    const file = join(temporaryFolder(), 'backup.sqlite')
    writeFileSync(file, 'precious')
    await expect(backup(folder, file)).rejects.toThrow(/is there already: give another name, or --force/)
    expect(readFileSync(file, 'utf8')).toBe('precious')
    expect(await backup(folder, file, '--force')).toMatchObject({ code: 0, said: expect.stringContaining('3 queued') })
    await expect(backup(folder, join(folder, 'bridge.sqlite'), '--force')).rejects.toThrow(/the database itself/)
    const elsewhere = join(temporaryFolder(), 'folder')
    mkdirSync(elsewhere)
    await expect(backup(folder, elsewhere, '--force')).rejects.toThrow(/is there already/)
  })

  it('counts objects apart from chat messages', async () => {
    const folder = await crashedFolder(1)
    const data = openStorage(folder)
    await data.states.save('42', { body: '{}' }, undefined)
    await data.states.save('object:a', { body: '{}', linkedAt: 1 }, undefined)
    data.close()
    expect((await backup(folder, join(folder, 'copy'))).said).toMatch(/ 1 objects,/)
  })

  it('says that the secrets have to be kept too', async () => {
    const folder = await crashedFolder(1)
    writeFileSync(join(folder, 'secrets.json'), '{}')
    expect((await backup(folder, join(folder, 'copy'))).said).toMatch(/Keep \S+secrets\.json too/)
  })

  it('refuses what makes no sense with 2 and without touching anything', async () => {
    const DATA_DIR = temporaryFolder()
    for (const [args, said] of [
      [[], 'missing required argument'],
      [['a', 'b'], 'too many arguments'],
      [['a', '--froce'], '--froce'],
      [['a', '--stack', 'x'], 'point-in-time recovery'],
    ] as const) {
      const { code, stderr } = await run(['bin/chatroom-bridge.ts', 'backup', ...args], { DATA_DIR })
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)])
    }
    expect(readdirSync(DATA_DIR)).toEqual([])
  })

  it('of nothing, or of a damaged file, fails with what to do and leaves nothing behind', async () => {
    const target = temporaryFolder()
    const file = join(target, 'backup.sqlite')
    await expect(backup(temporaryFolder(), file)).rejects.toThrow(/holds no data yet: give the data folder/)
    await expect(backup(temporaryFolder(), file, '--salvage')).rejects.toThrow(/holds no data yet/)
    const folder = await crashedFolder(150)
    overwrite(join(folder, 'bridge.sqlite'), 20 * pageSize, pageSize)
    await expect(backup(folder, file)).rejects.toThrow(/are damaged .*--salvage copies what can still be read/)
    overwrite(join(folder, 'bridge.sqlite'), 0, 200 * pageSize)
    await expect(backup(folder, file, '--salvage')).rejects.toThrow(/nothing in .* can be read: restore a backup/)
    await expect(backup(await crashedFolder(1), join(target, 'no folder', 'file'))).rejects.toThrow(/no folder/)
    expect(readdirSync(target)).toEqual([])
  })

  it('that is interrupted leaves nothing behind', async () => {
    const target = temporaryFolder()
    const program = `import { writeFileSync } from 'node:fs'
      import { writeBeside } from './local/storage/backup.ts'
      writeBeside(process.argv[1], false, (part) => {
        for (const end of ['', '-journal']) writeFileSync(part + end, 'half of it')
        console.log('half done')
        return new Promise((resolve) => setTimeout(resolve, 60_000))
      })`
    const args = ['--input-type=module', '-e', program, join(target, 'backup.sqlite')]
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const child = spawn(process.execPath, args)
      await once(child.stdout, 'data')
      expect(readdirSync(target)).toHaveLength(2)
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual([code, null])
      expect(readdirSync(target)).toEqual([])
    }
  })

  it('that has no room says so and leaves nothing behind', async () => {
    const DATA_DIR = temporaryFolder()
    const data = openStorage(DATA_DIR)
    await data.queue.send('x'.repeat(3_000_000))
    data.close()
    const target = temporaryFolder()
    const args = [process.execPath, 'bin/chatroom-bridge.ts', 'backup', join(target, 'backup.sqlite')]
    const small = spawn('/bin/sh', ['-c', 'ulimit -f 2000 && exec "$@"', 'sh', ...args], { env: { DATA_DIR } })
    const [[said], [code]] = await Promise.all([once(small.stderr, 'data'), once(small, 'exit')])
    expect([code, String(said)]).toEqual([
      1,
      expect.stringMatching(/^chatroom-bridge: \S+backup\.sqlite cannot be written \(.*is there room.*\n$/),
    ])
    expect(readdirSync(target)).toEqual([])
  })

  it('with --salvage waits for no bridge: one that runs has to be stopped', async () => {
    const folder = await crashedFolder(1)
    const unlock = lock(folder)
    onTestFinished(unlock)
    await expect(backup(folder, join(folder, 'saved'), '--salvage')).rejects.toThrow(/another chatroom-bridge runs/)
  })
})
