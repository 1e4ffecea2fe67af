import { describe, expect, it } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { run } from '../support/bridge-process.ts'
import { cliCommand } from '../support/cli.ts'
import { temporaryFolder } from '../support/folder.ts'
import { testTerminal } from '../support/terminal.ts'

const secretsCommand = cliCommand('secrets')

/** The command `secrets` on one data folder. */
function operator() {
  const settings = { DATA_DIR: temporaryFolder(), SOURCES: '{"asana":{"kind":"asana","lookUps":true}}' }
  const open = () => openLocalBridge(readSettings(settings, 'one machine'))
  const print = async (args: string[], input = '') => {
    const terminal = testTerminal({ input })
    await secretsCommand(args, open, terminal)
    return terminal.printed()
  }
  return { print, json: async (...args: string[]) => JSON.parse(await print([...args, '--json'])) }
}

describe('the subcommands of secrets', () => {
  it('print JSON for scripts', async () => {
    const { json } = operator()
    expect(await json('show', 'github')).toEqual({ source: 'github', secrets: [] })
    expect(await json('add', 'github', 'old')).toEqual({ source: 'github', secret: 'old' })
    const { secret } = await json('add', 'github')
    expect(await json('show', 'github')).toEqual({ source: 'github', secrets: [secret, 'old'] })
    expect(await json('list')).toContainEqual({ source: 'github', secrets: 2 })
    expect(await json('retire', 'github')).toEqual({ source: 'github', retired: 1 })
    expect(await json('forget', 'github')).toEqual({ source: 'github', forgotten: 1 })
    const learning = await json('learn', 'asana', '--for', '1h')
    expect(learning).toEqual({
      source: 'asana',
      url: expect.stringMatching(/\/webhooks\/asana$/),
      learnsUntil: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    expect(await json('list')).toContainEqual({
      source: 'asana',
      secrets: 0,
      learnsUntil: new Date(learning.learnsUntil).toISOString(),
    })
  })

  it('never print the API token that they store', async () => {
    const { print } = operator()
    expect(JSON.parse(await print(['api-token', 'asana', '--json'], 'tiptop\n'))).toEqual({
      source: 'asana',
      stored: true,
    })
    expect(await print(['api-token', 'asana'], 'tiptop\n')).not.toContain('tiptop')
  })

  it('print nothing for a source without secrets, so that scripts get no empty line', async () => {
    expect(await operator().print(['show', 'github'])).toBe('')
  })

  it.each(['list', 'show', 'add', 'retire', 'forget', 'learn', 'api-token', 'token', 'credentials'])(
    'show an example and the exit codes in the help of %s',
    async (name) => {
      const { code, stdout } = await run(['bin/chatroom-bridge.ts', 'secrets', name, '--help'], {
        DATA_DIR: temporaryFolder(),
      })
      expect(code).toBe(0)
      expect(stdout).toContain(`\nExample:\n  chatroom-bridge secrets ${name}`)
      expect(stdout).toMatch(/\nExit codes: 0 done, 1 failed, 2 /)
    },
  )
})
