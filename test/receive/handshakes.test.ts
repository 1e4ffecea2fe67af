import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../functions/settings/settings.ts'
import type { WebhookRequest } from '../../functions/sources/source.ts'
import { openSecrets } from '../../local/secrets/webhook-secrets.ts'
import { openLocalBridge } from '../../operator/open/local-bridge.ts'
import { startAsana } from '../sources/asana/api-server.ts'
import { asanaHandshake, asanaWebhook } from '../sources/asana/sender.ts'
import { mondayWebhook } from '../sources/monday/sender.ts'
import { notionHandshake, notionWebhook } from '../sources/notion/sender.ts'
import { slackWebhook } from '../sources/slack/sender.ts'
import { startBridgeHere } from '../support/bridge-here.ts'
import { run, startBridgeProcess } from '../support/bridge-process.ts'
import { cliCommand } from '../support/cli.ts'
import { secret } from '../support/factories.ts'
import { fixture } from '../support/fixture.ts'
import { temporaryFolder } from '../support/folder.ts'
import { testTerminal } from '../support/terminal.ts'

const secretsCommand = cliCommand('secrets')

const hookSecret = 'b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81'
const verificationToken = 'secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl'
const unreachableErp = { url: 'http://127.0.0.1:1' }

/** Sends a request as it stands to a bridge. */
async function send(bridge: string, { method, url, headers, body }: WebhookRequest) {
  const given = { method, headers, ...(method === 'POST' && { body: new Uint8Array(body) }) }
  const response = await fetch(`${bridge}${url}`, given)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe('npm start', () => {
  it('answers the handshake of each provider as it wants it, and learns the secrets of those that bring one', async () => {
    const DATA_DIR = temporaryFolder()
    const { url } = await startBridgeProcess({ DATA_DIR, WEBHOOK_SECRETS: JSON.stringify({ slack: [secret] }) })
    const operate = (...args: string[]) => run(['bin/chatroom-bridge.ts', 'secrets', ...args], { DATA_DIR })
    const greet = (path: string, headers: Record<string, string> = {}, method = 'POST') =>
      send(url, { method, url: `/webhooks/${path}`, headers, body: Buffer.from('') })

    const challenge = '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P'
    const timestamp = `${Math.floor(Date.now() / 1000)}`
    const slack = slackWebhook({ type: 'url_verification', token: 'Jhj5', challenge }, { timestamp })
    expect(await send(url, slack)).toMatchObject({ status: 200, text: challenge })

    expect(await greet('trello', {}, 'HEAD')).toMatchObject({ status: 200, text: '' })

    const monday = mondayWebhook({ challenge })
    const unsigned = { ...monday, headers: { 'content-type': 'application/json' } }
    for (const request of [monday, unsigned]) {
      expect(await send(url, request)).toMatchObject({ status: 200, text: JSON.stringify({ challenge }) })
    }

    const graph = await greet('msgraph?validationToken=Validation%3a+Testing+client+%3c%26%3e', {
      'content-length': '0',
    })
    expect([graph.status, graph.headers.get('content-type'), graph.text]).toEqual([
      200,
      'text/plain',
      'Validation: Testing client <&>',
    ])

    const origin = { 'webhook-request-origin': 'eventemitter.example.com', 'webhook-request-rate': '120' }
    const cloudEvents = await greet('cloudevents', origin, 'OPTIONS')
    expect([200, 'eventemitter.example.com', '*']).toEqual([
      cloudEvents.status,
      cloudEvents.headers.get('webhook-allowed-origin'),
      cloudEvents.headers.get('webhook-allowed-rate'),
    ])

    const asana = await startAsana()
    const hook = `${url}/webhooks/asana`
    expect(await asana.makeWebhook(hook)).toBe(400)
    expect((await operate('learn', 'asana', '--for', '10m')).code).toBe(0)
    expect(await asana.makeWebhook(hook)).toBe(201)
    expect(await asana.send(...fixture('asana/completed').events)).toEqual([202])
    expect(await asana.send()).toEqual([200])

    await operate('learn', 'notion')
    expect((await send(url, notionHandshake(verificationToken))).status).toBe(200)
    // What a person types into Notion.
    expect((await operate('show', 'notion')).stdout).toBe(`${verificationToken}\n`)
    const changed = notionWebhook(fixture('notion/properties-updated'), { key: verificationToken })
    expect((await send(url, changed)).status).toBe(200)
  })
})

/** A bridge in this process, and what its operator does meanwhile. */
async function bridge() {
  const folder = temporaryFolder()
  const { url, log } = await startBridgeHere(folder, unreachableErp)
  const open = () => openLocalBridge(readSettings({ DATA_DIR: folder }, 'one machine'))
  return {
    log,
    greet: (request: WebhookRequest) => send(url, request),
    stored: () => readFileSync(join(folder, 'secrets.json'), 'utf8'),
    /** The store as another process sees it. */
    secrets: openSecrets(folder),
    async operate(...args: string[]) {
      const terminal = testTerminal()
      await secretsCommand(args, open, terminal)
      return terminal.printed()
    },
  }
}

describe('a handshake that brings a secret', () => {
  it('is refused and changes nothing before and after a window', async () => {
    const { greet, stored, secrets } = await bridge()
    const before = stored()
    for (const windowEnd of [undefined, Date.now() - 1]) {
      if (windowEnd !== undefined) await secrets.openWindow('asana', windowEnd, 0)
      for (const stranger of [asanaHandshake(hookSecret), notionHandshake(verificationToken)]) {
        const { status, headers, text } = await greet(stranger)
        expect([status, headers.get('x-hook-secret')]).toEqual([401, null])
        expect(text).not.toMatch(new RegExp(`${hookSecret}|${verificationToken}`))
      }
    }
    expect(stored()).toBe(before)
  })

  it('is accepted once per window, however many come at the same time, and changes no other secret', async () => {
    const { greet, stored, secrets, operate, log } = await bridge()
    const before = JSON.parse(stored())
    await operate('learn', 'asana')
    const given = Array.from({ length: 8 }, (_, index) => `${hookSecret.slice(0, -1)}${index}`)
    const answers = await Promise.all(given.map((each) => greet(asanaHandshake(each))))
    const won = given.filter((_, index) => answers[index]?.status === 200)
    expect(won).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(7)
    expect(JSON.parse(stored())).toEqual({ ...before, asana: won })
    expect(await secrets.window('asana')).toBeUndefined()
    expect(log.filter((line) => line.includes(' handshake source=asana learned=true'))).toHaveLength(1)
    expect(log.join()).not.toContain(hookSecret.slice(0, -1))
  })

  it('is accepted only in the window of its own source, which a malformed secret leaves open', async () => {
    const { greet, secrets, operate } = await bridge()
    await operate('learn', 'notion')
    expect((await greet(asanaHandshake(hookSecret))).status).toBe(401)
    expect((await greet(notionHandshake('two words'))).status).toBe(401)
    expect((await greet(notionHandshake(verificationToken))).status).toBe(200)
    expect([await secrets.of('asana'), await secrets.of('notion')]).toEqual([[], [verificationToken]])
  })

  it('is refused where the source has a secret, even in a window; the same secret is answered again', async () => {
    const { greet, stored, secrets, operate } = await bridge()
    await operate('add', 'asana', hookSecret)
    await secrets.openWindow('asana', Date.now() + 60_000)
    const before = stored()
    expect((await greet(asanaHandshake(`${hookSecret}2`))).status).toBe(401)
    const repeated = await greet(asanaHandshake(hookSecret))
    expect([repeated.status, repeated.headers.get('x-hook-secret')]).toEqual([200, hookSecret])
    expect(stored()).toBe(before)
  })
})

describe('the operator', () => {
  it('sees which sources have learned a secret, which may learn one, and until when', async () => {
    const { greet, operate } = await bridge()
    const said = await operate('learn', 'asana', '--for', '2h')
    const [, until = ''] = /webhooks\/asana until (\S+Z)/.exec(said) ?? []
    expect(Math.abs(Date.parse(until) - Date.now() - 2 * 3600_000)).toBeLessThan(60_000)
    expect(await operate('list')).toMatch(new RegExp(`^asana +none: it may learn one until ${until}$`, 'm'))
    await greet(asanaHandshake(hookSecret))
    const list = await operate('list')
    expect(list).toMatch(/^asana +1 valid$/m)
    expect(list).toMatch(/^notion +none: it refuses everything$/m)
    expect(list).toMatch(/^msgraph +1 valid$/m)
    expect(await operate('show', 'asana')).toBe(`${hookSecret}\n`)
  })

  it('lets a source learn again only after forgetting its secret', async () => {
    const { greet, operate } = await bridge()
    await operate('learn', 'asana')
    await greet(asanaHandshake(hookSecret))
    await expect(operate('learn', 'asana')).rejects.toThrow(/has a secret already.*a source of its own.*forget asana/)
    expect(await operate('forget', 'asana')).toBe('1 forgotten\n')
    expect((await greet(asanaWebhook({ events: [] }, { key: hookSecret }))).status).toBe(401)
    await operate('learn', 'asana')
    expect((await greet(asanaHandshake(`${hookSecret}2`))).status).toBe(200)
    await operate('add', 'asana', 'newer than what was learned')
    expect(await operate('retire', 'asana')).toBe('1 retired\n')
    expect(await operate('show', 'asana')).toBe('newer than what was learned\n')
  })

  it.each([
    [['learn', 'slack'], /slack sends no secret in a handshake: npx chatroom-bridge secrets add slack SECRET/],
    [['learn', 'nobody'], /there is no source nobody/],
    [['learn'], /missing required argument/],
    [['add', 'asana'], /the secret of asana is made by asana: npx chatroom-bridge secrets learn asana/],
    [['learn', 'asana', '--for', '25h'], /--for: expected a time of at most 24 hours/],
    [['learn', 'asana', '--for', '0s'], /--for: expected/],
    [['learn', 'asana', '--for', 'long'], /--for: expected/],
  ])('is told why %j is refused', async (args, why) => {
    const open = () => openLocalBridge(readSettings({ DATA_DIR: temporaryFolder() }, 'one machine'))
    await expect(secretsCommand(args, open, testTerminal())).rejects.toThrow(why)
  })

  it('opens no window for a source whose secrets settings fix', async () => {
    const settings = { DATA_DIR: temporaryFolder(), WEBHOOK_SECRETS: '{"asana":["x"]}' }
    const open = () => openLocalBridge(readSettings(settings, 'one machine'))
    await expect(secretsCommand(['learn', 'asana'], open, testTerminal())).rejects.toThrow(/WEBHOOK_SECRETS fixes/)
  })
})
