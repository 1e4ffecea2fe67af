import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { closedIssue, githubWebhook } from '../sources/github/sender.ts'
import { type BridgeProcess, run, startBridgeProcess } from '../support/bridge-process.ts'
import { chatMessage } from '../support/delivery.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/post.ts'

/** Where secrets stand on purpose, readable by their owner alone. */
const keepers = ['secrets.json', 'session.json']

/** What must be nowhere, and where it was found. */
function found(secrets: Record<string, string>, places: Record<string, Buffer>): string[] {
  return Object.entries(secrets).flatMap(([what, secret]) =>
    [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')].flatMap((spelt) =>
      Object.entries(places).flatMap(([place, bytes]) => (bytes.includes(spelt) ? [`${what} in ${place}`] : [])),
    ),
  )
}

/** Every file below a folder. */
function filesIn(folder: string): Record<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => statSync(join(folder, name)).isFile() && !keepers.includes(name))
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name))]))
}

/** Signs for the generic source in one of its ways. */
function signed(way: string, key: string, body: string): Record<string, string> {
  if (way === 'bearer') return { authorization: `Bearer ${key}` }
  if (way === 'hmac') return { 'x-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` }
  const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1000))]
  const bytes = Buffer.from(key.replace('whsec_', ''), 'base64')
  const signature = createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

describe('everything that a run of the bridge writes', () => {
  it('holds no password, token, secret or signature, and no log holds a text', async () => {
    // Prepare: an ERP whose sessions end, which repeats what it is asked with, and refuses, forbids and fails.
    const [password, otherPassword] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')]
    const erp = await startSimulatedErp({
      messages: [1, 2, 3, 42, 43].map((id) => chatMessage({ id })),
      token: 'unused',
      users: { 'anna@example': password },
    })
    onTestFinished(() => erp.stop())
    erp.fault = ({ method, url, headers, body }) => {
      if (method === 'POST') return erp.requests.length === 1 ? { kind: 'status', status: 500, body } : undefined
      const repeated = JSON.stringify({ error: 'refused', headers, body })
      if (url.endsWith('/2')) return { kind: 'status', status: 403, body: repeated }
      return method === 'PUT' && body.includes('💥') ? { kind: 'status', status: 422, body: repeated } : undefined
    }
    const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`
    const folder = temporaryFolder()
    const backups = temporaryFolder()
    const settings = (given = password) => ({
      DATA_DIR: folder,
      ERP_BASE_URL: erp.url,
      ERP_USER: 'anna@example',
      ERP_PASSWORD: given,
      PUT_SPACING: '0',
      WEBHOOK_SECRETS: JSON.stringify({ generic: [webhookSecret], github: [webhookSecret] }),
    })
    const secrets: Record<string, string> = { password, otherPassword, webhookSecret }
    const answers: string[] = []
    const runs: BridgeProcess[] = []
    const start = async (given?: string) => {
      runs.push(await startBridgeProcess(settings(given)))
      return runs.at(-1) as BridgeProcess
    }
    let { url } = await start()
    const post = async (way: string, event: object, key = webhookSecret) => {
      const body = JSON.stringify({ id: randomUUID(), ...event })
      const headers = signed(way, key, body)
      const signature =
        Object.values(headers)
          .at(-1)
          ?.replace(/^(v1,|sha256=|Bearer )/, '') ?? ''
      secrets[`signature ${Object.keys(secrets).length}`] = signature
      const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }
      const response = await fetch(`${url}/webhooks/generic`, init)
      answers.push(await response.text())
      return response.status
    }
    const text = 'a text that nobody else may read'

    // Act: webhooks signed in each way, some of them wrongly; sessions that end; kill -9; a password that changes.
    expect(await post('bearer', { type: 'task.done', messageId: 42 })).toBe(202)
    expect(await post('hmac', { type: 'text.edited', text, messageId: 1 })).toBe(202)
    expect(await post('standard', { type: 'react', emoji: '💥', messageId: 3 })).toBe(202)
    for (const way of ['bearer', 'hmac', 'standard']) {
      expect(await post(way, { type: 'task.done', messageId: 42 }, `whsec_${randomBytes(24).toString('base64')}`)).toBe(
        401,
      )
    }
    expect(await post('bearer', { type: 'text.edited', text, messageId: '!' })).toBe(422)
    const github = await githubWebhook(
      closedIssue({ author_association: 'OWNER', body: 'chatroom_message/43', title: text }),
      { key: webhookSecret, delivery: randomUUID() },
    )
    secrets['GitHub’s signature'] = github.headers['x-hub-signature-256']?.replace('sha256=', '') ?? ''
    const body = new Uint8Array(github.body)
    await fetch(`${url}/webhooks/github`, { method: 'POST', headers: github.headers, body })
    await until(
      () => [42, 43].every((id) => erp.message(id)?.completed) && erp.message(1)?.message_text === text,
      'what was asked for',
    )
    erp.sessions.revokeAll()
    expect(await post('hmac', { type: 'task.done', messageId: 2 })).toBe(202)
    await until(() => erp.sessions.logins === 2, 'another session')
    await until(() => runs[0]?.output().includes('outcome=refused') === true, 'what the ERP refuses, parked', 20_000)
    await runs[0]?.end('SIGKILL')
    erp.sessions.users.set('anna@example', otherPassword)
    erp.sessions.revokeAll()
    ;({ url } = await start())
    expect(await post('standard', { type: 'task.reopened', messageId: 42 })).toBe(202)
    await until(() => runs[1]?.output().includes('the ERP refuses our login') === true, 'the refused login')
    await runs[1]?.end('SIGTERM')
    await start(otherPassword)
    await until(() => erp.message(42)?.completed === false, 'what was asked for meanwhile', 20_000)
    const operate = (args: string) => run(['bin/chatroom-bridge.ts', ...args.split(' ')], settings(otherPassword))
    const list = await operate('parked list --json')
    const [wish] = JSON.parse(list.stdout) as { id: string }[]
    const shown = await operate(`parked show ${wish?.id}`)
    const outputs = [list, shown, await operate(`backup ${join(backups, 'copy.sqlite')}`)]

    // Assess
    const logs = Object.fromEntries(
      runs.flatMap((each, index) => [
        [`log ${index}`, Buffer.from(each.output())],
        [`errors ${index}`, Buffer.from(each.errors())],
      ]),
    )
    const written = {
      ...logs,
      ...filesIn(folder),
      ...filesIn(backups),
      answers: Buffer.from(answers.join('\n')),
      outputs: Buffer.from(outputs.flatMap(({ stdout, stderr }) => [stdout, stderr]).join('\n')),
      page: Buffer.from(await (await fetch(erp.url)).text()),
    }
    for (const [index, token] of erp.sessions.tokens().entries()) secrets[`session ${index}`] = token
    expect(erp.sessions.logins).toBeGreaterThan(1)
    expect(found(secrets, written)).toEqual([])
    expect(found({ text }, logs)).toEqual([])
    // The grep itself finds what is there.
    expect(found({ text }, written)).toContain('text in bridge.sqlite-wal')
    expect(shown.stdout).toContain('"x-session-token":"…"')
  }, 60_000)
})
