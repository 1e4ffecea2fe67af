import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import { emptyObject, mergeObject, objectKey, toObjectRecord } from '../../functions/state/object/object-state.ts'
import type { QueuedLink, QueuedObjectUpdate } from '../../functions/state/queue-message.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { exitCodeOf } from '../../operator/cli/exit-codes.ts'
import { linkFile } from '../../operator/links/file.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { run, startBridgeProcess, startRun } from '../support/bridge-process.ts'
import type { OpenBridge } from '../support/cli.ts'
import { cliCommand } from '../support/cli.ts'
import { chatMessage } from '../support/delivery.ts'
import { done, react } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { dataIn } from '../support/set-aside.ts'
import { testTerminal } from '../support/terminal.ts'

const linksCommand = cliCommand('links')

const secret = 'a secret of these tests'
const day = 24 * 3600_000
const soon = { timeout: 10_000, interval: 20 }
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

/** A bridge that runs, the simulated ERP it talks to, and its operator. */
async function runningBridge(folder = temporaryFolder()) {
  const erp = await startSimulatedErp({ messages: [chatMessage(), chatMessage({ id: 43 })], token: 'token' })
  onTestFinished(() => erp.stop())
  const settings = {
    DATA_DIR: folder,
    ERP_BASE_URL: erp.url,
    ERP_TOKEN: 'token',
    WEBHOOK_SECRETS: JSON.stringify({ generic: [secret] }),
  }
  const bridge = await startBridgeProcess(settings)
  return {
    erp,
    folder,
    links: (args: string[], input?: string) => run(['bin/chatroom-bridge.ts', 'links', ...args], settings, input),
    async post(event: object): Promise<void> {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
      const request = { method: 'POST', headers, body: JSON.stringify(event) }
      expect((await fetch(`${bridge.url}/webhooks/generic`, request)).status).toBe(202)
    },
  }
}

/** The data of a bridge that doesn't run, and commands on them in this process. */
function quietBridge() {
  const folder = temporaryFolder()
  const open: OpenBridge = () => openLocalBridge(readSettings({ DATA_DIR: folder }, 'one machine'))
  const data = dataIn(folder)
  return {
    ...data,
    folder,
    open,
    async links(args: string[], home = open) {
      const terminal = testTerminal()
      const code = await linksCommand(args, home, terminal)
      return { code, stdout: terminal.printed(), stderr: terminal.warned() }
    },
    /** Folds links and wishes into an object's record, as deliver does. */
    async known(
      name: { source: string; object: string },
      ...items: (Partial<QueuedLink> | Partial<QueuedObjectUpdate>)[]
    ) {
      const common = { ...name, eventId: 'e', receivedAt: ago(1_000), position: 0 }
      const links = items.flatMap((item) =>
        'change' in item ? [] : [{ ...common, messageId: '42', present: true, ...item } as QueuedLink],
      )
      const updates = items.flatMap((item) =>
        'change' in item ? [{ ...common, hold: 7 * day, ...item } as QueuedObjectUpdate] : [],
      )
      const { state } = mergeObject(emptyObject(name.source, name.object), { updates, links })
      const record = toObjectRecord(state)
      if (record) await data.states.save(objectKey(name), record, undefined)
    },
    async queued(): Promise<QueuedLink[]> {
      const messages = await data.queue.receive({ max: 100, visibility: 60_000 })
      return messages.flatMap(({ body }) => JSON.parse(body).links)
    },
  }
}

const ticket = { source: 'generic', object: 'ticket-7' }
const csv = (...rows: [string, string][]) =>
  linkFile(rows.map(([object, messageId]) => ({ source: 'generic', object, messageId })))

describe('npx chatroom-bridge links, while the bridge runs', () => {
  it('links what happened before and what comes after, until the link is removed', async () => {
    const { erp, links, post } = await runningBridge()
    await post({ id: 'e1', type: 'react', object: 'ticket-7', emoji: '🎉', actor: 'anna' })
    expect(await links(['add', 'generic', 'ticket-7', '042'])).toEqual({
      code: 0,
      stdout: 'generic ticket-7 is linked to chat message 42.\n',
      stderr: '',
    })
    await vi.waitFor(() => expect(erp.message(42)?.reactions).toMatchObject([{ emoji: '🎉' }]), soon)
    await links(['add', 'generic', 'ticket-7', '43'])
    expect((await links(['list'])).stdout).toMatch(
      /^OBJECT +SOURCE +CHAT MESSAGES +LINKED SINCE\nticket-7 +generic +42, 43 +\S+Z\n$/,
    )
    const shown = await links(['show', 'ticket-7'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toMatch(/^generic ticket-7\n\nCHAT MESSAGE +LINKED +ADDED +REMOVED\n42 +yes +\S+Z\n43 +yes /)
    expect(shown.stdout).toMatch(/\nEVENT +ACTOR +HAPPENED +ASKS FOR +HELD UNTIL\ne1 +anna +\S+Z +reaction 🎉 +\S+Z\n$/)

    expect((await links(['remove', 'generic', 'ticket-7', '43'])).stdout).toBe(
      'generic ticket-7 is no longer linked to chat message 43.\n',
    )
    expect((await links(['remove', 'generic', 'ticket-8', '43'])).stdout).toBe(
      'generic ticket-8 was not linked to chat message 43.\n',
    )
    await post({ id: 'e2', type: 'task.done', object: 'ticket-7' })
    await vi.waitFor(() => expect(erp.message(42)?.completed).toBe(true), soon)
    expect(erp.message(43)).toMatchObject({ completed: false, reactions: [{ emoji: '🎉' }] })
  })

  it('exports what it can import into another bridge', async () => {
    const [one, other] = await Promise.all([runningBridge(), runningBridge()])
    const file = csv(['=1+1', '42'], ['a "b", c\nd', '42'], ['a "b", c\nd', '43'])
    expect(await one.links(['import', '-'], `\uFEFF${file}`)).toEqual({
      code: 0,
      stdout: '3 links queued\n',
      stderr: '',
    })
    await vi.waitFor(async () => expect(await dataIn(one.folder).states.linked(9)).toHaveLength(2), soon)
    const { stdout: exported } = await one.links(['export', '--source', 'generic'])
    expect(exported.split('\r\n').sort()).toEqual(file.split('\r\n').sort())
    const path = join(temporaryFolder(), 'links.csv')
    writeFileSync(path, exported)
    await other.links(['import', path])
    await vi.waitFor(async () => expect((await other.links(['export'])).stdout).toBe(exported), soon)
    expect((await other.links(['import', path])).stdout).toBe('0 links queued, 3 there already\n')
  })

  it('tells when an object has as many links as it can have', async () => {
    const { links } = await runningBridge()
    const rows = Array.from({ length: 20 }, (_, index): [string, string] => ['ticket-7', String(index + 1)])
    await links(['import', '-'], csv(...rows))
    expect(await links(['add', 'generic', 'ticket-7', '99'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'generic ticket-7: it has 20 links already: remove one first\n',
    })
    expect((await links(['add', 'generic', 'ticket-7', '20'])).code).toBe(0)
    const full = await links(['import', '-'], csv(['ticket-8', '1'], ['ticket-7', '99']))
    expect([full.code, full.stderr]).toEqual([
      1,
      '-:3: generic ticket-7 would have more than 20 links\nchatroom-bridge: nothing was sent: 1 problem\n',
    ])
  })

  it('has every link of 2,000 after an import that was killed in the middle was run again', async () => {
    const { folder, database, links } = quietBridge()
    const path = join(folder, 'links.csv')
    writeFileSync(
      path,
      csv(...Array.from({ length: 2_000 }, (_, index): [string, string] => [`ticket-${index}`, '42'])),
    )
    // From the ninth message on nothing comes to its end any more, so that the kill meets it there.
    database.sqlite.exec(`CREATE TRIGGER stuck BEFORE INSERT ON messages WHEN (SELECT count(*) FROM messages) >= 8 BEGIN
      SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n); END`)
    const count = () =>
      (database.sqlite.prepare('SELECT count(*) AS count FROM messages').get() as { count: number }).count
    const killed = startRun(['bin/chatroom-bridge.ts', 'links', 'import', path], { DATA_DIR: folder })
    await vi.waitFor(() => expect(count()).toBeGreaterThan(0), soon)
    killed.kill()
    expect((await killed.ended).code).toBeNull()
    expect(count()).toBeLessThan(20)
    database.sqlite.exec('DROP TRIGGER stuck')
    expect((await links(['import', path])).stdout).toBe('2000 links queued\n')

    const bridge = await runningBridge(folder)
    const all = async () => (await bridge.links(['export'])).stdout.split('\r\n').slice(1, -1)
    await vi.waitFor(async () => expect(new Set(await all()).size).toBe(2_000), { timeout: 20_000, interval: 200 })
    expect((await links(['import', path])).stdout).toBe('0 links queued, 2000 there already\n')
  })
})

describe('npx chatroom-bridge links', () => {
  it('queues a link where the bridge doesn’t run, and says so', async () => {
    const { links, queued } = quietBridge()
    expect(await links(['add', '--', 'generic', '-7', '-x'])).toEqual({
      code: 0,
      stdout: 'Queued: once the bridge runs, generic -7 is linked to chat message -x.\n',
      stderr: '',
    })
    expect(await queued()).toEqual([
      {
        source: 'generic',
        object: '-7',
        messageId: '-x',
        present: true,
        eventId: expect.stringMatching(/^cli:/),
        occurredAt: expect.any(String),
        receivedAt: expect.any(String),
        position: 0,
      },
    ])
  })

  it('leaves removed what was removed, however often an import is run, and says so', async () => {
    const { links, known, queued, folder } = quietBridge()
    await known(ticket, { receivedAt: ago(2_000) }, { present: false }, { messageId: '43' })
    const path = join(folder, 'links.csv')
    writeFileSync(path, csv(['ticket-7', '42'], ['ticket-7', '43'], ['ticket-7', '44'], ['ticket-8', '42']))
    const dry = await links(['import', path, '--dry-run'])
    expect(dry.stdout).toBe('2 links would be queued, 1 there already, 1 left removed\n')
    expect(await queued()).toEqual([])
    const imported = await links(['import', path])
    expect([imported.code, imported.stdout]).toEqual([1, '2 links queued, 1 there already, 1 left removed\n'])
    expect(imported.stderr).toMatch(
      /links\.csv:2: the link of generic ticket-7 to chat message 42 was removed at \S+Z and stays removed: links add brings it back\n$/,
    )
    expect((await queued()).map(({ object, messageId }) => [object, messageId])).toEqual([
      ['ticket-7', '44'],
      ['ticket-8', '42'],
    ])
  })

  it('imports a line twice as one event, so that a removal in between counts', async () => {
    const { links, queued, folder } = quietBridge()
    const path = join(folder, 'links.csv')
    writeFileSync(path, csv(['ticket-7', '42']))
    await links(['import', path])
    const [first] = (await queued()) as [QueuedLink]
    await links(['import', path])
    const [second] = (await queued()) as [QueuedLink]
    const removal = {
      ...first,
      eventId: 'r',
      present: false,
      receivedAt: new Date(Date.parse(first.receivedAt) + 1).toISOString(),
    }
    const later = { ...second, receivedAt: new Date(Date.parse(first.receivedAt) + 2).toISOString() }
    const { state } = mergeObject(emptyObject('generic', 'ticket-7'), { updates: [], links: [first, removal, later] })
    expect(toObjectRecord(state)?.linkedAt).toBeUndefined()
  })

  it('sends nothing of a file in which anything is wrong', async () => {
    const { links, queued, folder, states } = quietBridge()
    const path = join(folder, 'links.csv')
    writeFileSync(path, `${csv(['ticket-7', '42'])}nobody,a,42\r\ngeneric,\u001B,4 2\r\n`)
    const { code, stdout, stderr } = await links(['import', path])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /links\.csv:3: there is no source nobody: .*\n.*links\.csv:4: chat message 4 2: .*\n.*2 problems\n$/,
    )
    await states.save(objectKey(ticket), { body: '{"kind":"object","format":2}' }, undefined)
    writeFileSync(path, csv(['ticket-7', '42'], ['ticket-8', '42']))
    expect((await links(['import', path])).stderr).toContain('links.csv:2: a newer version of the bridge wrote')
    expect(await queued()).toEqual([])
    await expect(links(['import', join(folder, 'nothing.csv')])).rejects.toThrow(
      /nothing\.csv can't be read \(ENOENT\)/,
    )
  })

  it('lists the rest where a record is damaged, newer or can’t be loaded', async () => {
    const { links, known, states, open } = quietBridge()
    await known({ source: 'slack', object: 'C1/1\u001B[2J' }, { receivedAt: '2026-11-22T12:00:00.000Z' })
    await known(ticket, {}, { messageId: '43' })
    await states.save('object:newer', { body: '{"kind":"object","format":2}', linkedAt: 1 }, undefined)
    await states.save('object:damaged', { body: '{', linkedAt: 2 }, undefined)
    await known({ source: 'generic', object: 'held' }, { change: done })
    const list = await links(['list'])
    expect([list.code, list.stderr]).toEqual([
      1,
      'object:newer: a newer version of the bridge wrote this record\nobject:damaged: this record is damaged\n',
    ])
    expect(list.stdout).toContain('C1/1\\u001b[2J   slack    42             2026-11-22T12:00:00.000Z\n')
    expect(list.stdout).not.toContain('held')
    const some = JSON.parse((await links(['list', '--source', 'generic', '--json'])).stdout)
    expect(some.slice(2)).toEqual([{ ...ticket, messageIds: ['42', '43'], since: expect.stringMatching(/Z$/) }])

    const exported = await links(['export', '--source', 'slack'])
    expect([exported.code, exported.stdout]).toEqual([1, 'source,object,message\r\nslack,C1/1\u001B[2J,42\r\n'])
    await known({ source: 'generic', object: 'half \uD83D' }, {})
    const half = await links(['export', '--source', 'generic'])
    expect([half.stdout.split('\r\n').length, half.stderr]).toEqual([
      4,
      expect.stringContaining('generic half \\ud83d: no file can hold half a character'),
    ])
    const broken: OpenBridge = async (options) => {
      const home = await open(options)
      return { ...home, states: { ...home.states, load: () => Promise.reject(new Error('no table')) } }
    }
    expect((await links(['list'], broken)).stderr).toContain(`${objectKey(ticket)}: no table\n`)
  })

  it('shows what is held and linked, and asks which where two sources have such an object', async () => {
    const { links, known, states } = quietBridge()
    const text = { kind: 'text', text: 'new\u001B[2J' } as const
    await known(
      ticket,
      { present: false, occurredAt: ago(5_000) },
      { change: react('👍'), actor: 'anna', eventId: 'e1' },
      { change: text },
    )
    const [shown] = JSON.parse((await links(['show', 'ticket-7', '--json'])).stdout)
    expect(shown).toEqual({
      ...ticket,
      links: [{ messageId: '42', linked: false, removed: expect.stringMatching(/Z$/) }],
      held: expect.arrayContaining([
        {
          eventId: 'e1',
          actor: 'anna',
          at: expect.any(String),
          until: expect.any(String),
          change: react('👍'),
        },
      ]),
    })
    const [{ at, until }] = shown.held
    expect(Date.parse(until) - Date.parse(at)).toBe(7 * day)
    expect((await links(['show', 'ticket-7'])).stdout).toContain('text new\\u001b[2J')

    await known({ source: 'github', object: 'ticket-7' }, {})
    expect(await links(['show', 'ticket-7'])).toMatchObject({
      code: 1,
      stderr: 'ticket-7: it is an object of generic, github: name the source before it\n',
    })
    expect((await links(['show', 'github', 'ticket-7'])).stdout).toContain('No event waits for a link.')
    expect((await links(['show', 'github', 'other'])).stderr).toBe('other: nothing is known of it (github)\n')
    await known({ source: 'generic', object: 'old' }, { change: done, receivedAt: ago(8 * day) })
    expect((await links(['show', 'generic', 'old'])).code).toBe(1)
    await states.save(objectKey({ source: 'generic', object: 'bad' }), { body: '{' }, undefined)
    expect(await links(['show', 'bad'])).toEqual({
      code: 1,
      stdout: 'generic bad\n  body  {\n',
      stderr: 'bad: this record is damaged\n',
    })
  })

  it.each([
    [],
    ['constructor'],
    ['add', 'generic', 'a'],
    ['add', 'generic', 'a', '42', '43'],
    ['add', 'generic', '', '42'],
    ['add', 'generic', 'a', '4 2'],
    ['remove', 'generic', 'a', '42', '--dry-run'],
    ['list', 'generic'],
    ['list', '--dry-run'],
    ['show'],
    ['show', 'generic', 'a', 'b'],
    ['import'],
    ['import', 'a', 'b'],
    ['import', 'a', '--json'],
    ['export', '--json'],
    ['list', '--nonsense'],
  ])('takes “%s %s %s” for nonsense, and looks at nothing', async (...args) => {
    const open = vi.fn<OpenBridge>()
    const error = await linksCommand(args.filter(Boolean), open, testTerminal()).catch((error: unknown) => error)
    expect([exitCodeOf(error), open.mock.calls]).toEqual([2, []])
  })

  it('knows its sources', async () => {
    const { links } = quietBridge()
    for (const args of [
      ['add', 'nobody', 'a', '42'],
      ['list', '--source', 'nobody'],
      ['export', '--source', 'nobody'],
    ])
      await expect(links(args)).rejects.toThrow(/there is no source nobody: .*generic/)
    expect((await links(['list'])).stdout).toBe('Nothing is linked.\n')
    expect((await links(['export'])).stdout).toBe('source,object,message\r\n')
  })
})
