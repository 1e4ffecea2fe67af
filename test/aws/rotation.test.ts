import { randomUUID } from 'node:crypto'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { createRotation } from '../../functions/aws/session-rotation.ts'
import { createSecretsManagerSession } from '../../functions/aws/webhook-secrets.ts'
import { createErp } from '../../functions/erp/client.ts'
import { createLogin } from '../../functions/erp/login.ts'
import { createVerifySession } from '../../functions/erp/verify-session.ts'
import { type RecordedRequest, startSimulatedErp } from '../../local/simulated-erp/server.ts'
import { stoppedClock } from '../support/clock.ts'
import { chatMessage } from '../support/delivery.ts'
import { type LocalSecretsManager, startSecretsManager } from '../support/secrets-manager.ts'

let local: LocalSecretsManager
beforeAll(async () => {
  local = await startSecretsManager()
})
afterAll(() => local.stop())

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
const isLogin = ({ method }: RecordedRequest) => method === 'POST'

/** A session's secret with its rotation, the secret that only that may read, and an ERP to log in to. */
async function rotated({ credentials = { username: 'anna', password: 'tiptop' } as object } = {}) {
  const client = local.secretsManager
  const name = randomUUID()
  const create = (Name: string, value: unknown) =>
    client.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
  const { ARN: sessionId = '' } = await create(`session-${name}`, {})
  const { ARN: credentialsId = '' } = await create(`credentials-${name}`, credentials)
  const erp = await startSimulatedErp({ messages: [chatMessage()], token: 'key', users: { anna: 'tiptop' } })
  onTestFinished(() => erp.stop())
  const { now: clock, advance } = stoppedClock()
  const lines: Record<string, unknown>[] = []
  const log = (event: string, fields: Record<string, unknown>) => lines.push({ event, ...fields })
  const rotationWith = (client: SecretsManagerClient) =>
    createRotation({
      client,
      sessionId,
      credentialsId,
      login: createLogin({ baseUrl: erp.url, validSeconds: 86_400, clock }),
      trySession: createVerifySession({ baseUrl: erp.url }),
      clock,
      log,
    })
  const rotation = rotationWith(client)
  const rotateWith = (by: Parameters<typeof local.rotateWith>[1]) => local.rotateWith(`session-${name}`, by)
  rotateWith(rotation)
  local.rotations.length = 0
  const step = (Step: string, ClientRequestToken: string) => rotation({ Step, SecretId: sessionId, ClientRequestToken })
  const stage = (VersionStage = 'AWSCURRENT') =>
    client.send(new GetSecretValueCommand({ SecretId: sessionId, VersionStage }))
  const instance = () => createSecretsManagerSession({ client, secretId: sessionId, clock, log, isRotated: true })
  return {
    erp,
    sessionId,
    rotation,
    rotationWith,
    rotateWith,
    rotate: () => client.send(new RotateSecretCommand({ SecretId: sessionId })),
    step,
    advance,
    lines,
    clock,
    instance,
    stage,
    /** Each step, in any spelling. */
    async all(version = randomUUID(), spelt = steps) {
      for (const one of spelt) await step(one, version)
      return version
    },
    token: async () => JSON.parse((await stage()).SecretString ?? '{}').token as string | undefined,
    setCredentials: (value: object) =>
      client.send(new PutSecretValueCommand({ SecretId: credentialsId, SecretString: JSON.stringify(value) })),
    /** Waits until no rotation is under way. */
    settled: () =>
      vi.waitFor(() => expect(local.rotations.every(({ ended }) => ended !== undefined)).toBe(true), { interval: 5 }),
  }
}

describe('the rotation of the ERP’s session', () => {
  it('logs in, tries the session with a real read, and makes it the current one, each time', async () => {
    const { erp, all, token, stage } = await rotated()
    const first = await all()
    expect([await token()]).toEqual(erp.sessions.tokens())
    expect((await stage()).VersionId).toBe(first)
    await all(randomUUID(), ['create_secret', 'set_secret', 'test_secret', 'finish_secret'])
    expect(await token()).toBe(erp.sessions.tokens()[1])
    expect((await stage('AWSPREVIOUS')).VersionId).toBe(first)
    expect(erp.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST', 'GET'])
  })

  it('logs in once, even if each step is called several times', async () => {
    const { erp, all, token } = await rotated()
    await all(randomUUID(), ['createSecret', 'createSecret', ...steps, ...steps, 'finishSecret'])
    expect(erp.sessions.logins).toBe(1)
    expect(erp.sessions.isValid(await token())).toBe(true)
  })

  it.each(steps.filter((step) => step !== 'setSecret'))(
    'keeps the current session when %s fails, which can be tried again',
    async (failing) => {
      const { erp, all, step, token, stage } = await rotated()
      await all()
      const before = await token()
      const works = async () => {
        const client = createErp({
          baseUrl: erp.url,
          session: { token: async () => (await token()) ?? '' },
          clock: Date.now,
        })
        erp.fault = undefined
        expect([await token(), (await client.get('42')).kind]).toEqual([before, 'answered'])
      }
      const version = randomUUID()
      for (const one of steps.slice(0, steps.indexOf(failing))) await step(one, version)
      // All tries of the SDK.
      if (failing === 'finishSecret') local.throttle(3)
      erp.fault = () => ({ kind: 'status', status: 503 })
      await expect(step(failing, version)).rejects.toThrow()
      await works()
      // It keeps no other rotation from beginning.
      const left = await stage('AWSPENDING').catch(() => undefined)
      expect([undefined, (await stage()).VersionId]).toContain(left?.VersionId)
      await all(version)
      expect(await token()).not.toBe(before)
      expect(erp.sessions.logins).toBe(2)
    },
  )

  it('keeps the current session when the ERP refuses the new one or its reads', async () => {
    const { erp, all, token, step } = await rotated()
    await all()
    const before = await token()
    for (const status of [401, 403]) {
      erp.fault = (request) => (isLogin(request) ? undefined : { kind: 'status', status, body: '{}' })
      await expect(all()).rejects.toThrow(status === 403 ? /give it the right/ : /refuses the session/)
      expect(await token()).toBe(before)
    }
    // Nor one that is none.
    await expect(step('finishSecret', randomUUID())).rejects.toThrow(/no session to make/)
  })

  it.each(steps.flatMap((step) => ['before', 'after'].map((when) => ({ step, when }))))(
    'goes on where the function died $when $step, with the current session until then and one login',
    async ({ step: dying, when }) => {
      const { erp, rotation, rotateWith, rotate, settled, token } = await rotated()
      await rotate()
      await settled()
      const before = await token()
      rotateWith(async (event) => {
        if (when === 'after') await rotation(event)
        if (event.Step === dying) throw new Error('the function died')
        if (when === 'before') await rotation(event)
      })
      await rotate()
      await settled()
      const isThrough = dying === 'finishSecret' && when === 'after'
      expect((await token()) === before).toBe(!isThrough)
      expect(erp.sessions.isValid(await token())).toBe(true)
      rotateWith(rotation)
      if (!isThrough) await expect(rotate()).rejects.toThrow(/will be reattempted/)
      await settled()
      expect(await token()).toBe(erp.sessions.tokens()[1])
      expect(erp.sessions.logins).toBe(2)
    },
  )

  it('is through where only the answer to its last call got lost', async () => {
    const { sessionId, all, step, stage, rotationWith } = await rotated()
    const version = await all(randomUUID(), steps.slice(0, 3))
    const lossy = new SecretsManagerClient({ ...clientSettings(), ...local.client })
    onTestFinished(() => lossy.destroy())
    lossy.middlewareStack.add(
      (next, { commandName }) =>
        (input) => {
          if (commandName === 'UpdateSecretVersionStageCommand') local.loseAnswers(1)
          return next(input)
        },
      { step: 'initialize' },
    )
    await rotationWith(lossy)({ Step: 'finishSecret', SecretId: sessionId, ClientRequestToken: version })
    expect((await stage()).VersionId).toBe(version)
    await step('finishSecret', version)
  })

  it('tries refused credentials once in 15 minutes, and changed ones at once', async () => {
    const { erp, all, advance, setCredentials, token, lines } = await rotated()
    erp.sessions.users.set('anna', 'changed')
    const sentence = 'the ERP refuses user and password: set the right ones'
    for (let time = 0; time < 5; time += 1) await expect(all()).rejects.toThrow(sentence)
    expect(erp.sessions.refusals).toBe(1)
    expect(lines[0]).toEqual({ event: 'rotation failed', step: 'createsecret', error: sentence })
    advance(15 * 60_000)
    await expect(all()).rejects.toThrow(sentence)
    expect(erp.sessions.refusals).toBe(2)
    await setCredentials({ username: 'anna', password: 'changed' })
    await all()
    expect(erp.sessions.isValid(await token())).toBe(true)
  })

  it.each([
    [{}, 'username: Invalid input'],
    [{ username: 'anna', password: ['tiptop'] }, 'password: Invalid input'],
  ])('refuses malformed credentials, and names the field: %j', async (credentials, sentence) => {
    const { all, lines } = await rotated({ credentials })
    const error = await all().catch((thrown: Error) => thrown.message)
    expect(error).toContain(sentence)
    expect(JSON.stringify([error, lines])).not.toContain('tiptop')
  })

  it('passes the test of a new schedule before there is a session', async () => {
    const { step } = await rotated()
    await expect(step('testSecret', randomUUID())).resolves.toBeUndefined()
  })

  it('refuses another secret, an unknown step, or another event', async () => {
    const { rotation, sessionId } = await rotated()
    const event = { Step: 'createSecret', SecretId: sessionId, ClientRequestToken: randomUUID() }
    await expect(rotation({ ...event, SecretId: 'another' })).rejects.toThrow(/not the secret/)
    await expect(rotation({ ...event, Step: 'dropSecret' })).rejects.toThrow(/no call of a rotation/)
    await expect(rotation({})).rejects.toThrow(/no call of a rotation/)
  })
})

describe('a hundred instances whose session the ERP refuses', () => {
  it('cause one login, whether they ask during it or after it', async () => {
    const { erp, all, instance, settled, token, advance, clock } = await rotated()
    await all()
    const instances = Array.from({ length: 100 }, instance)
    const refused = await token()
    const late = instances.slice(90)
    await Promise.all(late.map((one) => one.token()))
    const clients = instances.map((session) => createErp({ baseUrl: erp.url, session, clock }))
    erp.sessions.revokeAll()
    await Promise.all(clients.slice(0, 90).map((client) => client.get('42')))
    await settled()
    // These still have the refused session.
    await Promise.all(late.map((one) => one.renew?.(refused ?? '')))
    await settled()
    expect(erp.sessions.logins).toBe(2)
    advance(2_000)
    expect(await Promise.all(clients.map((client) => client.get('42')))).toEqual(
      Array(100).fill(expect.objectContaining({ kind: 'answered' })),
    )
  })

  it('ask for the first session when there are credentials', async () => {
    const { erp, instance, settled, advance, setCredentials } = await rotated({ credentials: {} })
    const session = instance()
    await expect(session.token()).rejects.toMatchObject({ name: 'NoLogin' })
    await settled()
    await setCredentials({ username: 'anna', password: 'tiptop' })
    advance(30_000)
    await expect(session.token()).rejects.toMatchObject({ name: 'NoLogin' })
    await settled()
    advance(2_000)
    expect(erp.sessions.isValid(await session.token())).toBe(true)
  })

  it('ask again after a failure, with a pause', async () => {
    const { erp, all, instance, settled, token, advance } = await rotated()
    await all()
    const session = instance()
    const refused = await session.token()
    erp.sessions.revokeAll()
    erp.fault = () => ({ kind: 'status', status: 503 })
    for (let time = 0; time < 10; time += 1) await session.renew?.(refused)
    await settled()
    expect(local.rotations).toHaveLength(1)
    erp.fault = undefined
    advance(30_000)
    await session.renew?.(refused)
    await settled()
    expect(erp.sessions.isValid(await token())).toBe(true)
  })
})
