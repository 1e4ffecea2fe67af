import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { receive } from '../../functions/receive/receive.ts'
import { sources } from '../../functions/sources/registry.ts'
import { exitCodeOf } from '../../operator/cli/exit-codes.ts'
import type { BridgeAccess } from '../../operator/open/bridge.ts'
import { asanaHandshake, asanaWebhook } from '../sources/asana/sender.ts'
import { closedIssue, githubWebhook } from '../sources/github/sender.ts'
import { mondayWebhook } from '../sources/monday/sender.ts'
import { callback, message, reaction, slackWebhook } from '../sources/slack/sender.ts'
import { trelloWebhook } from '../sources/trello/sender.ts'
import { cliCommand } from '../support/cli.ts'
import { at, context } from '../support/factories.ts'
import { fixture } from '../support/fixture.ts'
import { testTerminal } from '../support/terminal.ts'

const connectCommand = cliCommand('connect')

type Filter = { resource_type: string; resource_subtype?: string; action: string; fields?: string[] }

const made = 'whsec_bWFkZSBoZXJl'
const address = 'https://bridge.example'

/** What the command prints, for a bridge with one source of each kind. */
async function connect(
  args: string[],
  { publicUrl, secrets = [made] }: { publicUrl?: string; secrets?: string[] } = {},
) {
  const terminal = testTerminal()
  const home = {
    url: 'http://127.0.0.1:8787',
    publicUrl,
    sources: new Map(Object.keys(sources).map((kind) => [kind, { kind }])),
    secrets: { of: async () => secrets },
    close() {},
  } as unknown as BridgeAccess
  const code = await connectCommand(args, async () => home, terminal)
  expect(code).toBe(0)
  return terminal.printed()
}

const publicly = (kind: string) => connect([kind, '--url', address])

/** The value of a field that a person copies into a form. */
const field = (text: string, name: string) => new RegExp(`^ +${name} {2,}(\\S.*)$`, 'm').exec(text)?.[1] ?? ''

/** The words of the curl call that a person pastes into a shell. */
function wordsOfCurl(text: string): string[] {
  const [call = ''] = /^ {5}curl .*(\n {7}.*)*/m.exec(text) ?? []
  const words = execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; ${call}`], { encoding: 'utf8' })
  return words.split('\0')
}

const bodyOfCurl = (text: string) => {
  const words = wordsOfCurl(text)
  return JSON.parse(words[words.indexOf('-d') + 1] ?? '')
}

describe('npx chatroom-bridge connect', () => {
  it.each(Object.keys(sources))('has steps for %s, with the URL of this bridge', async (kind) => {
    expect(await publicly(kind)).toContain(`${address}/webhooks/${kind}`)
    expect(await connect([kind], { publicUrl: `${address}/` })).toBe(await publicly(kind))
  })

  it('gives GitHub what the bridge takes', async () => {
    const text = await publicly('github')
    const { pathname: url } = new URL(field(text, 'Payload URL'))
    const issue = { author_association: 'MEMBER', body: 'chatroom_message/42' }
    const request = await githubWebhook(closedIssue(issue), { url, key: field(text, 'Secret') })
    expect(request.headers['content-type']).toBe(field(text, 'Content type'))
    const source = { name: url.split('/')[2] ?? '', kind: 'github' }
    const { updates } = await receive(request, source, context({ secrets: [made] }))
    expect(updates).toMatchObject([{ messageId: '42', change: { value: true } }])
  })

  it('gives Slack a manifest whose every event the bridge reads, at the URL that it asks for', async () => {
    const text = await publicly('slack')
    const manifest = JSON.parse(/^ {5}\{\n[\s\S]*?^ {5}\}/m.exec(text)?.[0] ?? '')
    const { request_url, bot_events } = manifest.settings.event_subscriptions
    const { pathname: url } = new URL(request_url)
    const samples: Record<string, Record<string, unknown>> = {
      'message.channels': message('chatroom_message/42'),
      'message.groups': message('chatroom_message/42'),
      reaction_added: reaction(),
      reaction_removed: reaction({ type: 'reaction_removed' }),
    }
    for (const event of bot_events) {
      const request = slackWebhook(callback(samples[event] ?? {}), { url })
      const { response, events } = await receive(request, { name: 'slack', kind: 'slack' }, context())
      expect(response.status).toBe(202)
      expect(events).toHaveLength(1)
    }
    expect(text).toContain('npx chatroom-bridge secrets add slack SECRET')
  })

  it('gives Asana an address that takes its handshake, and filters that let through what the bridge reads', async () => {
    const { target, filters } = bodyOfCurl(await publicly('asana')).data
    const { pathname: url } = new URL(target)
    const source = { name: 'asana', kind: 'asana' }
    const handshake = await receive(asanaHandshake('brought', url), source, context({ secrets: [] }))
    expect(handshake).toMatchObject({ response: { status: 200 }, learned: { secret: 'brought' } })
    const read = filters.map(async ({ resource_type, resource_subtype, action, fields = [] }: Filter) => {
      const resource = { gid: '7', resource_type, resource_subtype }
      const happened = { resource, action, parent: { gid: '8', resource_type: 'task' }, created_at: at(-60) }
      const events = fields.length > 0 ? fields.map((field) => ({ ...happened, change: { field } })) : [happened]
      const sent = asanaWebhook({ events }, { url })
      const asked = await receive(sent, { ...source, lookUps: resource_type === 'task' }, context())
      expect(asked.events.length + (asked.lookUps?.length ?? 0)).toBeGreaterThan(0)
      expect(asked.response.status).toBe(202)
    })
    expect((await Promise.all(read)).length).toBeGreaterThan(3)
  })

  it.each([address, `${address}/bridge/`])(
    'makes a webhook at Trello by a call that a shell reads, for the URL that the bridge at %s verifies',
    async (url) => {
      const text = await connect(['trello', '--url', url])
      expect(wordsOfCurl(text)).toContain('https://api.trello.com/1/webhooks')
      const { callbackURL } = bodyOfCurl(text)
      const [, publicUrl] = /PUBLIC_URL=(\S+)/.exec(text) ?? []
      // A proxy takes the address's own path away.
      const request = {
        ...trelloWebhook(fixture('trello/moved-to-done'), { callbackUrl: callbackURL }),
        url: '/webhooks/trello',
      }
      const { response } = await receive(request, { name: 'trello', kind: 'trello' }, context({ publicUrl }))
      expect(response.status).toBe(202)
    },
  )

  it('tells nobody on AWS to set what a stack does not take', async () => {
    for (const kind of Object.keys(sources)) {
      expect(await connect([kind, '--stack', 'chatroom-bridge-prod'], { publicUrl: address })).not.toContain(
        'PUBLIC_URL',
      )
    }
  })

  it('makes webhooks at monday.com for the status, and for the updates whose references it reads', async () => {
    const { query } = bodyOfCurl(await publicly('monday'))
    const { event: status } = fixture('monday/status')
    const samples: Record<string, object> = {
      change_status_column_value: status,
      create_update: { ...status, type: 'create_update', value: undefined, textBody: 'chatroom_message/42' },
    }
    const events = [...query.matchAll(/event: (\w+)/g)].map(([, event]) => event)
    expect(events).toEqual(Object.keys(samples))
    for (const event of events) {
      const request = mondayWebhook({ event: samples[event] })
      const { events: said } = await receive(request, { name: 'monday', kind: 'monday' }, context())
      expect(said).toHaveLength(1)
    }
  })

  it('makes a webhook at ClickUp, Asana and others by calls that a shell reads, whatever stands in the address', async () => {
    const odd = `https://bridge.example/it's/$HOME`
    for (const kind of Object.keys(sources)) {
      const text = await connect([kind, '--url', odd])
      if (!text.includes('curl -X POST')) continue
      expect(JSON.stringify(bodyOfCurl(text))).toContain(`it's/$HOME/webhooks/${kind}`)
    }
  })

  it('says how a machine is reached that only a tunnel leads to', async () => {
    const text = await connect(['github'])
    expect(text).toContain('cloudflared tunnel --url http://127.0.0.1:8787')
    expect(text).toContain('https://YOUR-ADDRESS/webhooks/github')
    expect(await publicly('github')).not.toContain('tunnel')
  })

  it('says how a secret is made where there is none yet, and where it goes', async () => {
    const text = await connect(['github', '--url', address], { secrets: [] })
    expect(text).toContain('npx chatroom-bridge secrets add github\n')
    expect(field(text, 'Secret')).toBe('SECRET-OF-github')
    expect(await connect(['slack', '--url', address], { secrets: [] })).toBe(await publicly('slack'))
  })

  it('names the stack in every command that it tells', async () => {
    const text = await connect(['slack', '--stack', 'chatroom-bridge-prod', '--region', 'eu-west-1'], {
      publicUrl: address,
    })
    expect(text).toContain(
      'npx chatroom-bridge secrets add slack SECRET --stack chatroom-bridge-prod --region eu-west-1',
    )
  })

  it.each([[[]], [['github', 'slack']], [['github', '--url', 'bridge']], [['github', '--url', 'ftp://bridge']]])(
    'takes %j for arguments that make no sense',
    async (args) => {
      const error = await connect(args).catch((error) => error)
      expect(exitCodeOf(error)).toBe(2)
    },
  )

  it('names the sources that there are', async () => {
    await expect(connect(['gitbuh'])).rejects.toThrow('there is no source gitbuh: asana, clickup')
  })
})

describe('docs/sources.md', () => {
  const page = readFileSync(new URL('../../docs/sources.md', import.meta.url), 'utf8')

  it.each(Object.keys(sources))('shows what connect prints for %s', async (kind) => {
    const printed = await publicly(kind)
    expect(page).toContain(`$ npx chatroom-bridge connect ${kind}\n${printed}`)
  })
})
