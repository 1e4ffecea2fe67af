import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createLogin } from '../../functions/erp/login.ts'
import { openSession } from '../../local/secrets/erp-session.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { stoppedClock } from '../support/clock.ts'
import { chatMessage } from '../support/delivery.ts'
import { temporaryFolder } from '../support/folder.ts'

const anna = { username: 'anna', password: 'tiptop' }

/** A folder whose processes log in to a simulated ERP, with the clock of the test. */
async function folderWithErp() {
  const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'key', users: { anna: 'tiptop' } })
  onTestFinished(() => erp.stop())
  const folder = temporaryFolder()
  const { now: clock, advance } = stoppedClock()
  const lines: string[] = []
  const log = (event: string, { error }: { error?: unknown }) => lines.push(error ? `${event}: ${error}` : event)
  const validSeconds = 100
  /** One process, which knows only the folder. */
  const open = ({ credentials = anna, at = erp.url } = {}) =>
    openSession({
      folder,
      erp: at,
      credentials,
      login: createLogin({ baseUrl: erp.url, validSeconds, clock }),
      validSeconds,
      clock,
      log,
      random: () => 0.5,
    })
  const { sessions } = erp
  /** The session of one process after its login. */
  const renewed = async (session: ReturnType<typeof open>) => {
    await session.renew?.(await session.token())
    return session.token()
  }
  return { erp, sessions, folder, clock, advance, lines, open, renewed, file: join(folder, 'session.json') }
}

describe('a session by login on one machine', () => {
  it('logs in once for a hundred calls of four processes, and not for a process that starts later', async () => {
    const { sessions, open } = await folderWithErp()
    const processes = [open(), open(), open(), open()]
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, index) => processes[index % 4]?.token()))
    expect(new Set([...tokens, await open().token()])).toEqual(new Set(sessions.tokens()))
    expect(sessions.logins).toBe(1)
  })

  it('logs in once more when the ERP refuses it to all processes', async () => {
    const { sessions, open, advance, renewed } = await folderWithErp()
    const processes = [open(), open(), open()]
    await Promise.all(processes.map((one) => one.token()))
    advance(60_000)
    sessions.revokeAll()
    const tokens = await Promise.all(processes.flatMap((one) => [renewed(one), renewed(one)]))
    expect(new Set(tokens)).toEqual(new Set(sessions.tokens().slice(1)))
    expect(sessions.logins).toBe(2)
    expect(sessions.isValid(tokens[0])).toBe(true)
  })

  it('is stored in a file that only its owner may read, and is not used for another ERP or user', async () => {
    const { sessions, open, file } = await folderWithErp()
    const token = await open().token()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(anna.password)
    sessions.users.set('ben', 'tiptop')
    expect(await open({ credentials: { ...anna, username: 'ben' } }).token()).not.toBe(token)
    expect(await open({ at: 'https://other.example' }).token()).not.toBe(token)
  })

  it('comes from a new login where its file is damaged', async () => {
    const { sessions, open, file } = await folderWithErp()
    await open().token()
    writeFileSync(file, '{"of":')
    expect(sessions.isValid(await open().token())).toBe(true)
  })

  it('is renewed before it ends', async () => {
    const { sessions, open, advance } = await folderWithErp()
    const session = open()
    const before = await session.token()
    const renewals = async (count: number) => {
      onTestFinished(session.keep())
      await vi.waitFor(() => expect(sessions.logins).toBe(count), { interval: 5 })
    }
    advance(79_000)
    await renewals(1)
    expect(await session.token()).toBe(before)
    advance(2_000)
    await renewals(2)
    await vi.waitFor(async () => expect(await session.token()).not.toBe(before), { interval: 5 })
  })

  it('tries refused credentials once in 15 minutes, even after a restart, and changed ones at once', async () => {
    const { sessions, open, advance, lines } = await folderWithErp()
    sessions.users.set('anna', 'changed')
    const tryAll = async () => {
      for (const session of [open(), open()]) {
        for (let time = 0; time < 5; time += 1) {
          await expect(session.token()).rejects.toMatchObject({ name: 'LoginRefused' })
          await session.renew?.('any')
        }
      }
    }
    await tryAll()
    advance(15 * 60_000 - 1)
    await tryAll()
    expect(sessions.refusals).toBe(1)
    expect(lines).toEqual(['the ERP refuses our login: the ERP refuses user and password: set the right ones'])
    advance(1)
    await tryAll()
    expect(sessions.refusals).toBe(2)
    const credentials = { ...anna, password: 'changed' }
    expect(sessions.isValid(await open({ credentials }).token())).toBe(true)
  })

  it('logs the refusal again at a start, without another login', async () => {
    const { sessions, open, lines } = await folderWithErp()
    sessions.asksSecondFactor = true
    await expect(open().token()).rejects.toThrow(/second factor/)
    onTestFinished(open().keep())
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(/the ERP refuses our login: .*take a user without one/)
    expect(sessions.refusals).toBe(1)
  })

  it('logs in with growing pauses while the ERP does not answer or refuses each session at once', async () => {
    const { erp, sessions, open, advance, renewed } = await folderWithErp()
    const session = open()
    erp.fault = () => ({ kind: 'status', status: 503 })
    const tries = async () => {
      await session.token().catch(() => {})
      return erp.requests.length
    }
    expect([await tries(), await tries()]).toEqual([1, 1])
    advance(2_000)
    expect([await tries(), await tries()]).toEqual([2, 2])
    advance(2_000)
    expect(await tries()).toBe(2)
    advance(1_000)
    erp.fault = undefined
    await session.token()
    for (let time = 0; time < 20; time += 1) {
      sessions.revokeAll()
      await renewed(session)
      advance(1_000)
    }
    expect(sessions.logins).toBeLessThan(8)
    // A session that lasted is renewed at once.
    advance(900_000)
    await session.token()
    advance(30_000)
    const before = sessions.logins
    sessions.revokeAll()
    await renewed(session)
    expect(sessions.logins).toBe(before + 1)
  })

  it('is still used while the ERP refuses an outdated password', async () => {
    const { sessions, open, advance } = await folderWithErp()
    const session = open()
    const token = await session.token()
    sessions.users.set('anna', 'changed')
    advance(90_000)
    onTestFinished(session.keep())
    await vi.waitFor(() => expect(sessions.refusals).toBe(1), { interval: 5 })
    expect(await session.token()).toBe(token)
  })
})
