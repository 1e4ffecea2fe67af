import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { startAsana } from '../sources/asana/api-server.ts'
import { asanaHandshake } from '../sources/asana/sender.ts'
import { run, startBridgeProcess } from '../support/bridge-process.ts'
import { cliCommand } from '../support/cli.ts'
import { chatMessage } from '../support/delivery.ts'
import { temporaryFolder } from '../support/folder.ts'
import { testTerminal } from '../support/terminal.ts'

const secretsCommand = cliCommand('secrets')

/** Waits for something that another process does. */
async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); await wait(20)) {
    if (Date.now() > end) throw new Error(`${what}: not within 20 s`)
  }
}

const token = '1/1199946:0f6c2ba5e2b34b1c9d0a'

/** A port that nobody listens on, for a bridge that comes back under the URL that its webhooks know. */
async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}

describe('a task in Asana', () => {
  it('leads its chat message from the operator’s window to the reopened task, through a kill between webhook and look-up', async () => {
    const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'token' })
    onTestFinished(() => erp.stop())
    const asana = await startAsana({ token })
    const settings = {
      DATA_DIR: temporaryFolder(),
      PORT: await freePort(),
      ERP_BASE_URL: erp.url,
      ERP_TOKEN: 'token',
      PUT_SPACING: '0',
      SOURCES: JSON.stringify({ asana: { kind: 'asana', lookUps: true, apiUrl: asana.url } }),
    }
    const operate = (args: string[], input?: string) =>
      run(['bin/chatroom-bridge.ts', 'secrets', ...args], settings, input)
    let bridge = await startBridgeProcess(settings)
    const hook = `${bridge.url}/webhooks/asana`
    const greet = async () => {
      const { headers, body } = asanaHandshake('a-strangers-secret-of-thirty-two-characters')
      const response = await fetch(hook, { method: 'POST', headers, body: new Uint8Array(body) })
      await response.text()
      return { status: response.status, echoed: response.headers.get('x-hook-secret') }
    }

    expect(await greet()).toEqual({ status: 401, echoed: null })
    expect(await asana.makeWebhook(hook)).toBe(400)
    expect((await operate(['api-token', 'asana'], `${token}\n`)).stdout).toBe('asana has its API token.\n')
    expect((await operate(['learn', 'asana'])).code).toBe(0)
    expect(await asana.makeWebhook(hook)).toBe(201)
    expect(await greet()).toEqual({ status: 401, echoed: null })

    expect(await asana.send(asana.add('1204512', { notes: 'chatroom_message/42' }))).toEqual([202])
    expect(await asana.send(asana.complete('1204512'))).toEqual([202])
    await until(() => erp.message(42)?.completed === true, 'the completed message')

    asana.fault = () => ({ status: 503, headers: { 'retry-after': '1' } })
    const asked = asana.requests.length
    expect(await asana.send(asana.complete('1204512', false))).toEqual([202])
    await until(() => asana.requests.length > asked, 'a look-up')
    await bridge.end('SIGKILL')
    expect(erp.message(42)?.completed).toBe(true)
    asana.fault = undefined
    bridge = await startBridgeProcess(settings)
    await until(() => erp.message(42)?.completed === false, 'the reopened message')
    expect(bridge.output()).not.toContain(token)
  })
})

describe('npx chatroom-bridge secrets api-token', () => {
  const asked = { SOURCES: '{"asana":{"kind":"asana","lookUps":true}}' }
  it.each([
    ['asana', {}, /asana makes no look-ups: give it the option "lookUps": true/],
    ['shop', asked, /there is no source shop/],
    ['asana', { ...asked, API_TOKENS: '{"asana":"fixed"}' }, /API_TOKENS fixes the token of asana/],
  ])('for %s is refused with %j', async (source, settings, why) => {
    const open = () => openLocalBridge(readSettings({ DATA_DIR: temporaryFolder(), ...settings }, 'one machine'))
    await expect(secretsCommand(['api-token', source], open, testTerminal())).rejects.toThrow(why)
  })

  it('wants the token on standard input', async () => {
    const settings = { DATA_DIR: temporaryFolder(), ...asked }
    const { code, stderr } = await run(['bin/chatroom-bridge.ts', 'secrets', 'api-token', 'asana'], settings, ' \n')
    expect([code, stderr]).toEqual([1, 'chatroom-bridge: the API token did not come on standard input\n'])
  })
})
