import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import { emptyState, mergeUpdates } from '../../functions/state/message/message-state.ts'
import { toRecord } from '../../functions/state/message/schedule.ts'
import {
  type Behaviour,
  type SimulatedErp,
  type SimulatedMessage,
  startSimulatedErp,
} from '../../local/simulated-erp/server.ts'
import { InvalidInputError } from '../../operator/invalid-input.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { run, startRun } from '../support/bridge-process.ts'
import { cliCommand } from '../support/cli.ts'
import { chatMessage } from '../support/delivery.ts'
import { done, update } from '../support/factories.ts'
import { temporaryFolder } from '../support/folder.ts'
import { dataIn } from '../support/set-aside.ts'
import { testTerminal } from '../support/terminal.ts'

const full = chatMessage({
  reactions: [
    { id: 7, emoji: '🏡' },
    { id: 9, emoji: '👍' },
  ],
  attachments: [{ id: 8, filename: 'a.pdf', filesize: '12' }],
})
const bare = chatMessage()

/** A simulated host, and a probe of it in this process. */
async function probed(behaviour: Behaviour = {}, message: SimulatedMessage = full) {
  const erp = await startSimulatedErp({ messages: [message], token: 'token', ...behaviour })
  onTestFinished(() => erp.stop())
  const probe = async (args: string[], { answer = '', settings = {} }: { answer?: string; settings?: object } = {}) => {
    const terminal = testTerminal(answer ? { answer } : {})
    const home = readSettings({ ERP_TOKEN: 'token', ...settings }, 'one machine')
    const probeCommand = cliCommand(
      'probe',
      () => home,
      async () => {},
    )
    const code = await probeCommand(
      ['--message', '42', '--url', erp.url, ...args],
      () => openLocalBridge(home),
      terminal,
    )
    return { code, stdout: terminal.printed(), stderr: terminal.warned(), questions: terminal.questions }
  }
  return {
    erp,
    probe,
    told: async (...args: string[]) => JSON.parse((await probe(['--yes', '--json', ...args])).stdout),
  }
}

const puts = ({ requests }: SimulatedErp) => requests.filter(({ method }) => method === 'PUT')
const fileOf = ({ url }: SimulatedErp) => `probe-127.0.0.1-${new URL(url).port}-42.json`

const combinations: [NonNullable<Behaviour['put']>, NonNullable<Behaviour['lists']>, object][] = [
  ['merge', 'replace', { ERP_PUT: 'changes', ERP_LISTS: 'replaced', ERP_READ: 'always' }],
  ['merge', 'add', { ERP_PUT: 'changes', ERP_LISTS: 'added', ERP_READ: 'always' }],
  ['replace', 'replace', { ERP_PUT: 'whole', ERP_LISTS: 'replaced', ERP_READ: 'always' }],
  ['replace', 'add', { ERP_PUT: 'whole', ERP_LISTS: 'added', ERP_READ: 'always' }],
]

describe('the probe', () => {
  it.each(combinations)(
    'names the settings for a host whose PUT is to %s and whose lists are to %s, and leaves the chat message as it was',
    async (put, lists, settings) => {
      const { erp, probe } = await probed({ put, lists })
      const { code, stdout } = await probe(['--yes', '--json'])
      expect(JSON.parse(stdout)).toMatchObject({ settings, restored: true, left: [], otherIds: false })
      expect(code).toBe(0)
      expect(erp.message(42)).toEqual(full)
      expect(existsSync(fileOf(erp))).toBe(false)
    },
  )

  it.each(combinations)(
    'does the same with a chat message without a reaction (%s, %s), and asks before what may stay',
    async (put, lists, settings) => {
      const { erp, probe, told } = await probed({ put, lists }, bare)
      const isUndoable = put === 'replace'
      const first = await told()
      expect(first.settings.ERP_LISTS).toBe(isUndoable ? (settings as { ERP_LISTS: string }).ERP_LISTS : undefined)
      expect(erp.message(42)).toEqual(bare)
      const { stdout, questions } = await probe(['--json'], { answer: 'yes' })
      expect(JSON.parse(stdout).settings).toEqual(settings)
      expect(questions).toHaveLength(isUndoable ? 1 : 2)
      const isLeft = !isUndoable && lists === 'add'
      expect(JSON.parse(stdout).left).toEqual(isLeft ? ['reactions'] : [])
      expect(erp.message(42)?.reactions).toMatchObject(isLeft ? [{ emoji: '👀' }] : [])
      if (isLeft) rmSync(fileOf(erp))
    },
  )

  it('says when a host gives elements other ids, and sends those from then on', async () => {
    const { erp, told } = await probed({ ids: 'renew' })
    expect(await told()).toMatchObject({ restored: true, otherIds: true })
    const { reactions, ...rest } = erp.message(42) as SimulatedMessage
    expect(rest).toEqual({ ...full, reactions: undefined, ...rest })
    expect(reactions.map(({ emoji }) => emoji)).toEqual(['🏡', '👍'])
  })

  it.each([
    ['GET is refused', { get: 'refuse' } as Behaviour, { ERP_READ: 'never' }],
    ['it may only read', {}, { ERP_READ: 'always' }],
  ])('writes nothing where %s, and says what is not known', async (why, behaviour, settings) => {
    const { erp, probe } = await probed(behaviour)
    const { code, stdout } = await probe(why === 'it may only read' ? ['--dry-run', '--json'] : ['--yes', '--json'])
    expect([code, JSON.parse(stdout).settings]).toEqual([why === 'it may only read' ? 0 : 1, settings])
    expect(puts(erp)).toEqual([])
  })

  it('writes nothing in a dry run, where nobody confirms it, or where an earlier one was not restored', async () => {
    const { erp, probe } = await probed()
    const dry = await probe(['--yes'], { settings: { DRY_RUN: 'true' } })
    expect([dry.code, dry.stdout]).toEqual([1, expect.stringContaining('DRY_RUN is set')])
    expect((await probe([], { answer: 'no' })).code).toBe(3)
    expect(await probe([])).toMatchObject({ code: 3, stderr: expect.stringContaining('needs --yes') })
    writeFileSync(fileOf(erp), '{}')
    await expect(probe(['--yes'])).rejects.toThrow('ended before it had restored')
    rmSync(fileOf(erp))
    expect(puts(erp)).toEqual([])
  })

  it('leaves a chat message alone that the bridge is about to write to', async () => {
    const { erp } = await probed()
    const home = readSettings({ DATA_DIR: temporaryFolder(), ERP_BASE_URL: erp.url, ERP_TOKEN: 'token' }, 'one machine')
    const { states } = dataIn(home.DATA_DIR)
    const terminal = testTerminal()
    const probe = () =>
      cliCommand('probe', () => home)(['--message', '42', '--yes'], () => openLocalBridge(home), terminal)
    expect(await probe()).toBe(0)
    const wrote = puts(erp).length
    await states.save('42', toRecord(mergeUpdates(emptyState(), [update(done)]), Date.now()), undefined)
    expect(await probe()).toBe(1)
    expect(terminal.printed()).toContain('the bridge itself is about to write')
    expect(puts(erp)).toHaveLength(wrote)
  })

  it('tells a person what it found, without a word of the chat message', async () => {
    const { probe } = await probed()
    const { code, stdout, stderr, questions } = await probe([], { answer: 'yes' })
    expect([code, questions]).toEqual([0, ['Write to it? Type yes: ']])
    expect(stderr).toContain('ALSO ITS ATTACHMENTS')
    expect(stdout).toMatch(/a PUT of some fields +leaves the others alone\n/)
    expect(stdout).toMatch(/\nSettings that fit: ERP_PUT=changes ERP_LISTS=replaced ERP_READ=always\n/)
    expect(stdout).toMatch(
      /The chat message is as it was\.\n\d+ PUTs between .* look whether the customer was notified\.\n$/,
    )
    expect(stdout + stderr).not.toContain(full.message_text)
  })

  it('says what it could not restore, and keeps it', async () => {
    const { erp, probe } = await probed({ put: 'replace' })
    erp.fault = ({ method, body }) =>
      method === 'PUT' && body.includes('Rückruf') ? { kind: 'status', status: 500 } : undefined
    const { code, stdout } = await probe(['--yes'])
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining('NOT RESTORED: message_text, completed, reactions, attachments'),
    ])
    expect(JSON.parse(readFileSync(fileOf(erp), 'utf8'))).toEqual(full)
    rmSync(fileOf(erp))
  })

  it('restores what a PUT without an answer has changed', async () => {
    const { erp, probe } = await probed({ put: 'replace', lists: 'add' })
    erp.fault = ({ method }) => {
      if (method === 'PUT' && puts(erp).length === 1) return { kind: 'reset', applied: true }
      const isAway = puts(erp).length === 1 && erp.requests.length % 4 !== 0
      return isAway ? { kind: 'status', status: 503 } : undefined
    }
    const { code, stdout } = await probe(['--yes'])
    expect([code, stdout]).toEqual([1, expect.stringContaining('a PUT got no answer')])
    expect(erp.message(42)).toEqual(full)
  })

  it.each([1, 2])('restores on Ctrl-C, here at PUT %i, and says that it was interrupted', async (which) => {
    const { erp } = await probed({ put: 'replace' })
    const { ended, kill } = startRun(
      ['bin/chatroom-bridge.ts', 'probe', '--message', '42', '--url', erp.url, '--yes'],
      {
        ERP_TOKEN: 'token',
      },
    )
    erp.fault = ({ method }) => {
      if (method !== 'PUT' || puts(erp).length !== which) return undefined
      kill('SIGINT')
      return { kind: 'slow', ms: 100 }
    }
    const { code, stdout, stderr } = await ended
    expect(erp.message(42)).toEqual(full)
    expect([code, stdout]).toEqual([1, expect.stringContaining('Not everything was found out: it was interrupted.')])
    expect(stderr).toContain('restored before this ends')
  })

  it('takes the token of another host from standard input, and minds its arguments', async () => {
    const { erp, probe } = await probed()
    const args = ['bin/chatroom-bridge.ts', 'probe', '--message', '42', '--url', erp.url, '--dry-run', '--json']
    const elsewhere = { ERP_BASE_URL: 'https://club.example', ERP_TOKEN: 'of-the-club' }
    const { code, stdout } = await run(args, { DATA_DIR: temporaryFolder(), ...elsewhere }, 'token\n')
    expect([code, JSON.parse(stdout).findings.get]).toEqual([0, 'answered'])
    expect(erp.requests.some(({ headers }) => headers['x-session-token'] === 'of-the-club')).toBe(false)
    for (const wrong of [['extra'], ['--message', 'a b'], ['--stack', 'x']]) {
      await expect(probe(wrong)).rejects.toThrow(InvalidInputError)
    }
  })
})
