import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings, settingNames } from '../../functions/settings/settings.ts'
import { sources as kinds } from '../../functions/sources/registry.ts'
import { run } from '../support/bridge-process.ts'
import { temporaryFolder } from '../support/folder.ts'

describe('settings of one machine', () => {
  it('need nothing: there is a source of each kind, and an ERP to try', () => {
    const { sources, ...settings } = readSettings({}, 'one machine')
    expect([...sources.keys()]).toEqual(Object.keys(kinds))
    expect(settings).toMatchObject({
      PORT: 8787,
      HOST: '127.0.0.1',
      DATA_DIR: '.bridge',
      ERP_PORT: 8788,
      ERP_LOST_ANSWER_WAIT: 60,
    })
    expect(settings.ERP_BASE_URL).toBeUndefined()
  })

  it('are the same as text and as JSON, and nothing counts as not set', () => {
    const sources = { shop: { kind: 'generic', authentication: 'hmac' } }
    const asText = { PORT: '80', SOURCES: JSON.stringify(sources), WEBHOOK_SECRETS: '{"shop":["s"]}', ERP_TOKEN: '' }
    const asJson = { PORT: 80, SOURCES: sources, WEBHOOK_SECRETS: { shop: ['s'] }, ERP_TOKEN: null }
    expect(readSettings(asText, 'one machine')).toEqual(readSettings(asJson, 'one machine'))
    expect(readSettings(asText, 'one machine').sources.get('shop')).toEqual({ ...sources.shop, name: 'shop' })
  })

  it('may give a source of a kind’s name other options', () => {
    const { sources } = readSettings({ SOURCES: { github: { kind: 'github', references: 'none' } } }, 'one machine')
    expect([...sources.values()]).toContainEqual({ name: 'github', kind: 'github', references: 'none' })
  })

  it.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1', 'https://erp.example/base'])(
    'may name %s as the ERP',
    (url) => {
      expect(readSettings({ ERP_BASE_URL: url, ERP_TOKEN: 't' }, 'one machine').ERP_BASE_URL).toBe(url)
    },
  )

  it.each([
    'http://erp.example',
    'http://127.0.0.1.erp.example',
    'http://localhost.erp.example',
    'ftp://127.0.0.1',
    'erp',
  ])('may not name %s', (url) => {
    expect(() => readSettings({ ERP_BASE_URL: url, ERP_TOKEN: 't' }, 'one machine')).toThrow(/^ERP_BASE_URL: expected/)
  })

  it('may let Asana be asked, at its own address or on this machine, as often as its limit allows', () => {
    const asana = (options: object) => () =>
      readSettings({ SOURCES: { asana: { kind: 'asana', ...options } } }, 'one machine')
    expect(asana({ lookUps: true, lookUpsPerMinute: 1500, apiUrl: 'http://127.0.0.1:1/api' })).not.toThrow()
    expect(asana({ apiUrl: 'http://asana.example' })).toThrow(
      /asana: apiUrl: expected https; http is for loopback only/,
    )
    expect(asana({ apiUrl: 'https://a:b@asana.example' })).toThrow(/apiUrl: expected no user, query or fragment/)
    expect(asana({ lookUpsPerMinute: 1501 })).toThrow(/asana: lookUpsPerMinute: /)
    expect(() => readSettings({ API_TOKENS: '{"asana":["tiptop"]}' }, 'one machine')).toThrow(/^API_TOKENS\.asana: /)
  })

  it.each([
    [{}, 'ERP_TOKEN is missing: the session token or API key for ERP_BASE_URL; or set ERP_USER and ERP_PASSWORD'],
    [{ ERP_USER: 'anna' }, 'ERP_PASSWORD is missing: the password of ERP_USER'],
    [{ ERP_PASSWORD: 'tiptop' }, 'ERP_USER is missing: the user of ERP_PASSWORD'],
    [{ ERP_USER: 'anna', ERP_PASSWORD: 'tiptop', ERP_TOKEN: 't' }, 'ERP_TOKEN has no place beside ERP_USER'],
    [{ ERP_TOKEN: 'tiptop\n' }, 'ERP_TOKEN: expected a token: printable characters without spaces'],
    [{ ERP_TOKEN: 't', ERP_LOGIN_VALID_SECONDS: 59 }, 'ERP_LOGIN_VALID_SECONDS: expected 60 to 31536000 seconds'],
  ])('name one way into the ERP: %j is refused', (given, sentence) => {
    const read = () => readSettings({ ERP_BASE_URL: 'https://erp.example', ...given }, 'one machine')
    expect(read).toThrow(sentence)
    expect(read).not.toThrow('tiptop')
  })

  it('are refused when they are misspelt', () => {
    expect(() => readSettings({ PROT: 1 }, 'one machine')).toThrow('PROT: there is no such setting')
  })

  it('may let a source link objects of those that there are, and of no other', () => {
    const shop = (linksFor: string[]) => ({ SOURCES: { shop: { kind: 'generic', linksFor } } })
    expect(readSettings(shop(['slack']), 'one machine').sources.has('shop')).toBe(true)
    expect(() => readSettings(shop(['slak']), 'one machine')).toThrow(
      'SOURCES: shop: linksFor: there is no source slak',
    )
  })

  it('may stand in the file that BRIDGE_CONFIG names, and the environment wins', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'bridge.json')
    const sources = { shop: { kind: 'generic' }, office: { kind: 'generic' } }
    writeFileSync(file, JSON.stringify({ DATA_DIR: folder, SOURCES: sources, WEBHOOK_SECRETS: { shop: ['a', 'b'] } }))
    const list = (settings = {}) =>
      run(['bin/chatroom-bridge.ts', 'secrets', 'list'], { BRIDGE_CONFIG: file, ...settings })
    expect((await list()).stdout).toMatch(/shop +2 valid \(from WEBHOOK_SECRETS\)\noffice +none/)
    expect((await list({ WEBHOOK_SECRETS: '{"shop":["c"]}' })).stdout).toMatch(/shop +1 valid/)
    writeFileSync(file, '{"DATA_DIR": ')
    expect((await list()).stderr).toMatch(
      /^chatroom-bridge: BRIDGE_CONFIG: .*bridge\.json can't be read: it is not JSON\n$/,
    )
  })
})

describe('the documents', () => {
  const tablesOf = (file: string) =>
    readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => line.split('|')[1]?.match(/[A-Z_]{4,}/g) ?? [])

  it('name every setting in docs/settings.md, and no other', () => {
    expect(new Set(tablesOf('docs/settings.md'))).toEqual(new Set(settingNames))
  })
})
