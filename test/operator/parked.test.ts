import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import { emptyState, mergeUpdates, readState } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import { encode, updatesMessage } from '../../functions/state/queue-message.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { exitCodeOf } from '../../operator/cli/exit-codes.ts'
import type { BridgeAccess } from '../../operator/open/bridge.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { run, startBridgeProcess, startRun } from '../support/bridge-process.ts'
import type { OpenBridge } from '../support/cli.ts'
import { cliCommand } from '../support/cli.ts'
import { chatMessage } from '../support/delivery.ts'
import { at, done, react, reopened, update } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { dataIn, deadLetterIn, parkedIn } from '../support/set-aside.ts'
import { testTerminal } from '../support/terminal.ts'

const parkedCommand = cliCommand('parked')
const reconcileCommand = cliCommand('reconcile')

const secret = 'a secret of these tests'
const hour = 3_600_000

/** A bridge that runs, the simulated ERP it talks to, and its operator. */
async function runningBridge(ids = [42]) {
  const erp = await startSimulatedErp({ messages: ids.map((id) => chatMessage({ id })), token: 'token' })
  onTestFinished(() => erp.stop())
  const settings = {
    DATA_DIR: temporaryFolder(),
    ERP_BASE_URL: erp.url,
    ERP_TOKEN: 'token',
    WEBHOOK_SECRETS: JSON.stringify({ generic: [secret] }),
  }
  const bridge = await startBridgeProcess(settings)
  return {
    erp,
    bridge,
    settings,
    data: dataIn(settings.DATA_DIR),
    operate: (...args: string[]) => run(['bin/chatroom-bridge.ts', ...args], settings),
    async post(event: object): Promise<void> {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
      const request = { method: 'POST', headers, body: JSON.stringify(event) }
      expect((await fetch(`${bridge.url}/webhooks/generic`, request)).status).toBe(202)
    },
  }
}

/** The data of a bridge that doesn't run, and commands on them in this process. */
function quietBridge() {
  const DATA_DIR = temporaryFolder()
  const open: OpenBridge = () => openLocalBridge(readSettings({ DATA_DIR }, 'one machine'))
  const as = (command: typeof parkedCommand) => {
    return async (args: string, terminal = testTerminal(), home = open) => {
      const code = await command(args.split(' ').filter(Boolean), home, terminal)
      return { code, stdout: terminal.printed(), stderr: terminal.warned() }
    }
  }
  return { ...dataIn(DATA_DIR), open, parked: as(parkedCommand), reconcile: as(reconcileCommand) }
}

/** Patience for what another process does. */
const soon = { timeout: 10_000, interval: 20 }

describe('npx chatroom-bridge parked, while the bridge runs', () => {
  it('lists and shows what the ERP refused, and brings it home when the ERP takes it', async () => {
    const { erp, data, operate, post } = await runningBridge()
    // A terminal would obey U+009B, which JSON lets stand.
    const answer = '{"error":"\u009B2J no such emoji"}'
    erp.fault = ({ method }) => (method === 'PUT' ? { kind: 'status', status: 422, body: answer } : undefined)
    await post({ id: 'e1', type: 'react', messageId: 42, emoji: '🤬', actor: 'anna' })
    await post({ id: 'e2', type: 'task.done', messageId: 99 })
    await vi.waitFor(async () => expect(await data.states.parked(10)).toHaveLength(2), soon)

    const list = await operate('parked', 'list')
    expect([list.code, list.stderr]).toEqual([0, ''])
    expect(list.stdout).toMatch(/^ID +SINCE +REASON +CHAT MESSAGE +SOURCE +EVENT +ASKS FOR\n/)
    const [, id = ''] = /^(42\/\S+) +\S+Z +refused 422 +42 +generic +e1 +reaction$/m.exec(list.stdout) ?? []
    expect(list.stdout).toMatch(/^99\/\S+ +\S+Z +refused 404 +99 +generic +e2 +completed$/m)
    expect(list.stdout).not.toContain('🤬')

    const show = await operate('parked', 'show', id)
    expect(show.stdout).toContain('answer      {"error":"\\u009b2J no such emoji"}')
    expect(show.stdout).toContain('🤬')
    const [shown] = JSON.parse((await operate('parked', 'show', id, '--json')).stdout)
    expect(shown).toMatchObject({ id, kind: 'write', eventId: 'e1', status: 422, answer, change: react('🤬') })

    erp.fault = undefined
    expect(await operate('parked', 'redrive', id)).toEqual({ code: 0, stdout: '1 redriven\n', stderr: '' })
    await vi.waitFor(() => expect(erp.message(42)?.reactions).toMatchObject([{ emoji: '🤬' }]), soon)

    const unconfirmed = await operate('parked', 'drop', '99')
    expect([unconfirmed.code, unconfirmed.stderr]).toEqual([3, expect.stringContaining('needs --yes')])
    expect(await data.states.parked(10)).toHaveLength(1)
    expect(await operate('parked', 'drop', '99', '--yes')).toEqual({ code: 0, stdout: '1 dropped\n', stderr: '' })
    expect(await operate('parked', 'list')).toEqual({ code: 0, stdout: 'Nothing is parked.\n', stderr: '' })
  })

  it('brings dead letters home, and says which of them would come right back', async () => {
    const { erp, data, operate } = await runningBridge()
    await deadLetterIn(data.deadLetters, update(done), update(react('👍')))
    await data.deadLetters.send('{"version":2}', { reason: 'not a queue message of version 1' })
    const redrive = await operate('parked', 'redrive', '--all')
    expect([redrive.code, redrive.stdout]).toEqual([1, '1 redriven\n'])
    expect(redrive.stderr).toMatch(/^dead:\S+: deliver cannot read it .* come right back: .* show, then drop it/)
    await vi.waitFor(() => expect(erp.message(42)).toMatchObject({ completed: true, reactions: [{}] }), soon)

    const [letter, ...others] = JSON.parse((await operate('parked', 'list', '--json')).stdout)
    expect([letter, others]).toMatchObject([{ kind: 'dead letter', unreadable: expect.any(String) }, []])
    expect((await operate('parked', 'show', letter.id)).stdout).toContain('body        {"version":2}')
    expect((await operate('parked', 'drop', letter.id, '--yes')).stdout).toBe('1 dropped\n')
    expect(await data.deadLetters.receive({ max: 1, visibility: 1 })).toEqual([])
  })

  it('loses nothing when a redrive of many is killed in the middle', async () => {
    const ids = Array.from({ length: 800 }, (_, index) => index + 1)
    const { erp, data, operate, settings } = await runningBridge(ids)
    const parked = { reason: 'refused', at: Date.now(), status: 422 } as const
    const wish = (id: number) => update(done, { messageId: String(id) })
    await Promise.all(
      ids.map((id) =>
        id % 2
          ? parkedIn(data.states, String(id), [wish(id)], parked)
          : deadLetterIn(data.deadLetters, wish(id)).then(() => []),
      ),
    )
    const left = () => {
      const { sqlite } = data.database
      const letters = "SELECT count(*) FROM messages WHERE queue = 'dead letters'"
      const wishes = 'SELECT count(*) FROM states WHERE parked_at IS NOT NULL'
      return sqlite.prepare(`SELECT (${letters}) AS letters, (${wishes}) AS wishes`).get() as Record<string, number>
    }
    for (const kind of ['letters', 'wishes']) {
      const redrive = startRun(['bin/chatroom-bridge.ts', 'parked', 'redrive', '--all'], settings)
      await vi.waitFor(() => expect(left()[kind]).toBeLessThan(ids.length / 2), { timeout: 10_000, interval: 1 })
      redrive.kill()
      expect((await redrive.ended).code).toBeNull()
      expect(left()[kind]).toBeGreaterThan(0)
    }
    expect((await operate('parked', 'redrive', '--all')).code).toBe(0)
    // What was saved as due just before a kill has no attempt yet: the sweep finds it within minutes, this does at once.
    expect((await operate('reconcile')).code).toBe(0)
    const open = () => ids.filter((id) => !erp.message(id)?.completed)
    await vi.waitFor(() => expect(open()).toEqual([]), { ...soon, timeout: 20_000 })
    expect(left()).toEqual({ letters: 0, wishes: 0 })
  })
})

describe('npx chatroom-bridge parked', () => {
  const refused = { reason: 'refused', status: 422, answer: '{"error":"no"}' } as const

  it('tells nothing of what a wish says, to a person or a script', async () => {
    const { parked, states, deadLetters } = quietBridge()
    const text = { kind: 'text', text: 'a secret between two' } as const
    await parkedIn(states, '42', [update(text, { occurredAt: at(0) })], { ...refused, at: Date.now() })
    await deadLetterIn(deadLetters, update(text), update(done))
    const [table, array] = [await parked('list'), await parked('list --json')]
    expect(table.stdout).toContain('text, and 1 more')
    expect(JSON.parse(array.stdout)).toEqual([
      {
        id: expect.stringMatching(/^42\/.{22}$/),
        kind: 'write',
        since: expect.stringMatching(/Z$/),
        reason: 'refused 422',
        messageId: '42',
        source: 'generic',
        eventId: expect.any(String),
        asks: 'text',
        occurredAt: at(0),
        receivedAt: at(0),
      },
      {
        id: expect.stringMatching(/^dead:/),
        kind: 'dead letter',
        since: expect.stringMatching(/Z$/),
        reason: 'failed too often',
        messageId: '42',
        source: 'generic',
        eventId: expect.any(String),
        asks: 'text',
        receivedAt: at(0),
        updates: 2,
      },
    ])
    for (const { stdout } of [table, array]) expect(stdout).not.toContain('secret')
  })

  it('lists and redrives what is about objects and links as well', async () => {
    const { parked, queue, deadLetters } = quietBridge()
    const ofTicket = { source: 'generic', object: 'ticket-7', receivedAt: at(0), position: 0 }
    const wish = encode(updatesMessage({ objectUpdates: [{ ...ofTicket, eventId: 'e', hold: hour, change: done }] }))
    const link = encode(updatesMessage({ links: [{ ...ofTicket, eventId: 'l', messageId: '42', present: true }] }))
    for (const body of [wish, link]) await deadLetters.send(body, { reason: 'full' })
    expect((await parked('list')).stdout).toMatch(/ full +generic +e +completed\n.* full +42 +generic +l +link\n$/)
    const listed = JSON.parse((await parked('list --json')).stdout)
    expect(listed).toMatchObject([{ object: 'ticket-7' }, { object: 'ticket-7', messageId: '42' }])
    expect((await parked('redrive --all')).stdout).toBe('2 redriven\n')
    const bodies = (await queue.receive({ max: 9, visibility: 1 })).map(({ body }) => JSON.parse(body))
    expect(bodies).toEqual(expect.arrayContaining([wish, link].map((body) => JSON.parse(body))))
  })

  it('selects by reason and by time, over both places, and by the chat message', async () => {
    const { parked, states, deadLetters } = quietBridge()
    const now = Date.now()
    await parkedIn(states, '1', [update(done, { messageId: '1' })], { ...refused, at: now - 3 * hour })
    await parkedIn(states, '2', [update(done), update(react('👍'))], { reason: 'age', at: now - hour / 2 })
    await deadLetterIn(deadLetters, update(done, { messageId: '3' }))
    const ids = async (args: string) => {
      const { stdout } = await parked(`redrive --dry-run ${args}`)
      return [...stdout.matchAll(/^would be redriven: (\d+|dead:)/gm)].map(([, id]) => id)
    }
    expect(await ids('--all')).toEqual(['1', '2', '2', 'dead:'])
    expect(await ids('--since 2h')).toEqual(['2', '2', 'dead:'])
    expect(await ids('--reason AGE')).toEqual(['2', '2'])
    expect(await ids('--reason 422 --since 2h')).toEqual([])
    expect(await ids('2')).toEqual(['2', '2'])
    expect(await ids('1 002')).toEqual(['1', '2', '2'])
    expect(JSON.parse((await parked('list --json --reason often')).stdout)).toHaveLength(1)
  })

  it('changes nothing in a dry run, and says what would not work', async () => {
    const { parked, states, deadLetters, queue } = quietBridge()
    const [id] = await parkedIn(states, '42', [update(done)], { ...refused, at: Date.now() })
    await deadLetters.send('nonsense', { reason: 'not JSON' })
    const before = await states.load('42')
    const redrive = await parked('redrive --all --dry-run --json')
    expect([redrive.code, JSON.parse(redrive.stdout)]).toEqual([
      1,
      [
        { id: expect.stringMatching(/^dead:/), possible: false, why: expect.stringContaining('not JSON') },
        { id, possible: true },
      ],
    ])
    expect(await parked('drop --all --dry-run')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/(would be dropped.*\n){2}/),
    })
    expect(await states.load('42')).toEqual(before)
    expect(await queue.receive({ max: 1, visibility: 1 })).toEqual([])
    expect(await deadLetters.receive({ max: 9, visibility: 1 })).toHaveLength(1)
  })

  it('drops only what a person has seen and said yes to', async () => {
    const { parked, states, deadLetters } = quietBridge()
    await parkedIn(states, '42', [update(done)], { ...refused, at: Date.now() })
    await deadLetterIn(deadLetters, update(reopened))
    for (const answer of ['', 'y', 'no']) {
      const terminal = testTerminal({ answer })
      expect(await parked('drop --all', terminal)).toMatchObject({ code: 3, stdout: '' })
      expect(terminal.warned()).toMatch(/42\/\S+ .*\ndead:\S+ .*/)
      expect(terminal.questions).toEqual(['Drop these 2 for good? Type yes: '])
    }
    expect(JSON.parse((await parked('list --json')).stdout)).toHaveLength(2)
    const yes = Object.assign(testTerminal(), {
      async ask() {
        await deadLetterIn(deadLetters, update(done))
        return 'yes'
      },
    })
    expect(await parked('drop --all', yes)).toMatchObject({ code: 0, stdout: '2 dropped\n' })
    expect(JSON.parse((await parked('list --json')).stdout)).toHaveLength(1)
  })

  it('does what can be done, and says why the rest could not', async () => {
    const { parked, states, queue, open } = quietBridge()
    const ids = await parkedIn(states, '42', [update(done), update(react('👍'))], { ...refused, at: Date.now() })
    const { code, stdout, stderr } = await parked(`redrive 7 dead:nobody ${ids[0]}`)
    expect([code, stdout]).toEqual([1, '1 redriven\n'])
    expect(stderr).toMatch(
      /^7: nothing like this is parked\ndead:nobody: there is no such dead letter; one that another/,
    )
    expect(await queue.receive({ max: 9, visibility: 1 })).toHaveLength(1)

    const broken: OpenBridge = async (options) => {
      const home = await open(options)
      return { ...home, queue: { ...home.queue, send: () => Promise.reject(new Error('no queue')) } }
    }
    const failed = await parked('redrive 42', testTerminal(), broken)
    expect([failed.code, failed.stderr]).toEqual([
      1,
      expect.stringContaining('its attempt could not be sent, so it waits for the sweep: no queue'),
    ])
    expect(await states.due(Number.MAX_SAFE_INTEGER, 9)).toHaveLength(1)
    expect(await parked('drop --all --yes')).toMatchObject({ code: 0, stdout: '0 dropped\n' })
  })

  it('keeps a dead letter whose message could not be sent', async () => {
    const { parked, deadLetters, open } = quietBridge()
    for (let count = 0; count < 15; count += 1) await deadLetterIn(deadLetters, update(done))
    let sent = 0
    const flaky: OpenBridge = async (options) => {
      const home = await open(options)
      const send: BridgeAccess['queue']['send'] = async (body) => {
        sent += 1
        if (sent % 3 === 0) throw new Error('not now')
        await home.queue.send(body)
      }
      return { ...home, queue: { ...home.queue, send } }
    }
    const { code, stdout, stderr } = await parked('redrive --all', testTerminal(), flaky)
    expect([code, stdout, stderr.match(/not now/g)?.length]).toEqual([1, '10 redriven\n', 5])
    expect(await parked('redrive --reason often')).toMatchObject({ code: 0, stdout: '5 redriven\n' })
  })

  it('redrives parked wishes also where the dead letters can’t be reached any more', async () => {
    const { parked, states, deadLetters, open } = quietBridge()
    await parkedIn(states, '42', [update(done)], { ...refused, at: Date.now() })
    await deadLetterIn(deadLetters, update(done))
    let receives = 0
    const failing: OpenBridge = async (options) => {
      const home = await open(options)
      const receive: BridgeAccess['deadLetters']['receive'] = async (how) => {
        receives += 1
        if (receives > 2) throw new Error('no connection')
        return home.deadLetters.receive(how)
      }
      return { ...home, deadLetters: { ...home.deadLetters, receive } }
    }
    const { code, stdout, stderr } = await parked('redrive --all', testTerminal(), failing)
    expect([code, stdout, stderr]).toEqual([1, '1 redriven\n', expect.stringMatching(/^dead:\S+: no connection\n$/)])
    expect(await states.parked(9)).toEqual([])
  })

  it('saves nothing over what happens to a record at the same time', async () => {
    const { parked, states, open } = quietBridge()
    const [id] = await parkedIn(states, '42', [update(done)], { ...refused, at: Date.now() })
    let loads = 0
    const meanwhile: OpenBridge = async (options) => {
      const home = await open(options)
      const load: BridgeAccess['states']['load'] = async (messageId) => {
        const stored = await home.states.load(messageId)
        loads += 1
        if (loads === 2 && stored) {
          const read = readState(stored.body)
          const state = mergeUpdates('state' in read ? read.state : emptyState(), [update(react('👍'))])
          await home.states.save(messageId, toRecord(state, Date.now()), stored.version)
        }
        return stored
      }
      return { ...home, states: { ...home.states, load } }
    }
    expect(await parked(`redrive ${id}`, testTerminal(), meanwhile)).toMatchObject({ code: 0 })
    const read = readState((await states.load('42'))?.body ?? '')
    expect('state' in read && Object.keys(read.state.registers)).toHaveLength(2)
    expect(loads).toBe(3)
  })

  it('shows a record that can’t be read as such, and mends a damaged one', async () => {
    const { parked, states, queue } = quietBridge()
    await parkedIn(states, '42', [update(done)], { ...refused, at: Date.now() })
    await states.save('1', { body: 'no state', parkedAt: 1 }, undefined)
    await states.save('2', { body: '{"format":99}', parkedAt: 0 }, undefined)
    const list = await parked('list')
    expect(list.code).toBe(0)
    expect(list.stdout).toMatch(/^1 +1970\S+ +a damaged record +1$/m)
    expect(list.stdout).toMatch(/^2 +a record of a newer version +2$/m)
    expect((await parked('show 1')).stdout).toContain('body        no state')
    const drop = await parked('drop --all --yes')
    expect([drop.code, drop.stdout]).toEqual([1, '1 dropped\n'])
    expect(drop.stderr).toMatch(/^2: a newer version.*\n1: .*redrive it, which makes a dead letter of it.*\n$/)
    const redrive = await parked('redrive --all')
    expect([redrive.code, redrive.stdout, redrive.stderr]).toEqual([
      1,
      '1 redriven\n',
      expect.stringMatching(/^2: a newer version of the bridge wrote this record/),
    ])
    expect(await queue.receive({ max: 9, visibility: 1 })).toMatchObject([{ body: expect.stringContaining('"1"') }])
  })

  it('walks more dead letters than fit into its hands, and gives all of them back', async () => {
    const { parked, deadLetters } = quietBridge()
    const changes = Array.from({ length: 57 }, (_, index) => update(done, { messageId: String(index) }))
    await Promise.all(changes.map((one) => deadLetterIn(deadLetters, one)))
    expect(JSON.parse((await parked('list --json')).stdout)).toHaveLength(57)
    expect(JSON.parse((await parked('list --json')).stdout)).toHaveLength(57)
    expect(await deadLetters.receive({ max: 100, visibility: 1_000 })).toHaveLength(57)
    expect(JSON.parse((await parked('list --json')).stdout)).toHaveLength(0)
    await wait(1_000)
    expect(await parked('redrive --all')).toMatchObject({ code: 0, stdout: '57 redriven\n' })
  })

  it.each([
    'frob',
    'list 42',
    'list --frob',
    'list --since yesterday',
    'show',
    'show 1 2',
    'show -7/abc',
    'redrive',
    'redrive 42 --all',
    'redrive a/b/c',
    'drop --yes',
  ])('“%s” makes no sense, and opens nothing', async (args) => {
    const open = vi.fn<OpenBridge>()
    const error = await quietBridge().parked(args, testTerminal(), open).catch(exitCodeOf)
    expect([error, open.mock.calls]).toEqual([2, []])
  })

  it('takes an id that begins with a dash behind --', async () => {
    const { parked, states } = quietBridge()
    const [id] = await parkedIn(states, '-7', [update(done)], { ...refused, at: Date.now() })
    expect(await parked(`show -- ${id}`)).toMatchObject({ code: 0, stdout: expect.stringContaining('-7/') })
    expect(await parked('redrive --json -- -7')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/"done": true/),
    })
  })
})

describe('every command', () => {
  it.each([
    'frob',
    'parked',
    'parked list --frob',
    'forget 4/2',
    'reconcile 42',
    'secrets',
    'send',
    'send done --delay x',
  ])('“%s” ends with 2, before anything is opened', async (args) => {
    const ended = await run(['bin/chatroom-bridge.ts', ...args.split(' ').filter(Boolean)], { DATA_DIR: '/dev/null' })
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^(chatroom-bridge|Usage): /) })
  })
})

describe('npx chatroom-bridge reconcile', () => {
  it('lists what is due with its next attempt, and sends an attempt for each', async () => {
    const { reconcile, states, queue } = quietBridge()
    const now = Date.now()
    const due = mergeUpdates(emptyState(), [update(done), update(react('👍'))])
    const nextAttemptAt = now + hour
    await states.save('42', toRecord({ ...due, attempts: 3, nextAttemptAt }, now), undefined)
    await states.save('1', { body: 'no state', sweepAt: now }, undefined)
    await states.save('2', { body: '{"format":99}', sweepAt: now }, undefined)
    await parkedIn(states, '7', [update(done)], { reason: 'age', at: now })
    await states.save('8', { ...toRecord(emptyState(), now), sweepAt: now }, undefined)

    const dry = await reconcile('--dry-run')
    expect([dry.code, dry.stderr]).toEqual([1, expect.stringMatching(/^2: a newer version.*\n$/)])
    const time = new Date(nextAttemptAt).toISOString()
    expect(dry.stdout).toMatch(new RegExp(`^42 +reaction, completed +\\S+Z +3 +${time}$`, 'm'))
    expect(dry.stdout).toMatch(/^1 +a damaged record +0 +now$/m)
    expect(dry.stdout).toMatch(/\n2 attempts would be sent\n$/)
    expect(await queue.receive({ max: 9, visibility: 1 })).toEqual([])

    expect(JSON.parse((await reconcile('--json')).stdout)).toEqual([
      { messageId: '1', wants: [], failedAttempts: 0, unreadable: 'damaged', sent: true },
      {
        messageId: '2',
        wants: [],
        failedAttempts: 0,
        unreadable: 'newer',
        why: expect.stringContaining('newer'),
        sent: false,
      },
      {
        messageId: '42',
        wants: ['reaction', 'completed'],
        since: new Date(now).toISOString(),
        failedAttempts: 3,
        nextAttemptAt: time,
        sent: true,
      },
    ])
    const sent = await queue.receive({ max: 9, visibility: 1_000 })
    expect(sent.map(({ body }) => JSON.parse(body).messageId).sort()).toEqual(['1', '42'])
  })

  it('finds nothing where all is fulfilled, and brings home, while the bridge runs, what lost its attempt', async () => {
    const { erp, data, operate } = await runningBridge()
    const nothing = 'The ERP is known to show everything that is wanted.\n'
    expect(await operate('reconcile')).toEqual({ code: 0, stdout: nothing, stderr: '' })
    await data.states.save('42', toRecord(mergeUpdates(emptyState(), [update(done)]), Date.now()), undefined)
    const { code, stdout } = await operate('reconcile')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^42 +completed .*\n1 attempt sent\n$/m)])
    await vi.waitFor(() => expect(erp.message(42)?.completed).toBe(true), soon)
  })

  it('takes no ids', async () => {
    await expect(quietBridge().reconcile('42')).rejects.toThrow('too many arguments')
  })
})
