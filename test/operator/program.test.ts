import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { run } from '../support/bridge-process.ts'
import { temporaryFolder } from '../support/folder.ts'

const commandsPage = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8')
const names = [
  'start',
  'worker',
  'status',
  'doctor',
  'send',
  'trace',
  'connect',
  'secrets',
  'links',
  'parked',
  'reconcile',
  'backup',
  'forget',
  'probe',
  'cost',
  'completion',
]
const cli = (...args: string[]) => run(['bin/chatroom-bridge.ts', ...args], { DATA_DIR: temporaryFolder() })

describe('chatroom-bridge', () => {
  it('lists every command in its help, and prints its version', async () => {
    const { code, stdout } = await cli('--help')
    expect(code).toBe(0)
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'))
    expect(await cli('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' })
  })

  it.each(names)('shows what %s does, with an example and exit codes', async (name) => {
    const { code, stdout } = await cli(name, '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^Usage: chatroom-bridge ${name}|^Usage: ${name}`))
    expect(stdout).toMatch(/\nExample:\n {2}.*chatroom-bridge/)
    expect(stdout).toMatch(/\nExit codes: 0 /)
    const help = stdout.replace(/ +$/gm, '').trimEnd()
    expect(commandsPage).toContain(`## ${name}\n\n\`\`\`\n${help}\n\`\`\``)
  })

  it('suggests what was meant, and ends with 2', async () => {
    expect(await cli('parkd')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean parked?'),
    })
    expect(await cli('parked', 'list', '--jsn')).toMatchObject({ code: 2, stderr: expect.stringContaining('--json') })
  })

  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints a completion script for %s', async (shell) => {
    const { code, stdout } = await cli('completion', shell)
    expect([code, stdout]).toEqual([0, expect.stringContaining('chatroom-bridge')])
  })

  it('completes commands, subcommands and options', async () => {
    expect((await cli('complete', '--', 'par')).stdout).toMatch(/^parked\t/m)
    expect((await cli('complete', '--', 'parked', 're')).stdout).toMatch(/^redrive\t/m)
    expect((await cli('complete', '--', 'trace', '--s')).stdout).toMatch(/^--since\t/m)
  })
})
