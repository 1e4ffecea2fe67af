import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createSecretsManagerApiTokens } from '../../functions/aws/api-tokens.ts'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { createSecretsManagerSecrets, createSecretsManagerSession } from '../../functions/aws/webhook-secrets.ts'
import { apiTokensContract } from '../contracts/api-tokens.ts'
import { webhookSecretsContract } from '../contracts/webhook-secrets.ts'
import { stoppedClock } from '../support/clock.ts'
import { type LocalSecretsManager, startSecretsManager } from '../support/secrets-manager.ts'

let local: LocalSecretsManager
beforeAll(async () => {
  local = await startSecretsManager()
})
afterAll(() => local.stop())

/** Creates a secret that holds a text, and its readers and editors. */
async function open(text = '{}') {
  const client = local.secretsManager
  const secretId = `chatroom-bridge/${randomUUID()}`
  await client.send(new CreateSecretCommand({ Name: secretId, SecretString: text }))
  local.operations.length = 0
  const { now: clock, advance } = stoppedClock()
  const lines: unknown[] = []
  const reading = {
    client,
    secretId,
    clock,
    log: (event: string, fields: Record<string, unknown>) => lines.push({ event, ...fields }),
  }
  return {
    client,
    secretId,
    advance,
    lines,
    reading,
    secrets: createSecretsManagerSecrets(reading),
    editor: createSecretsManagerSecrets({ client, secretId }),
    stored: async () =>
      JSON.parse((await client.send(new GetSecretValueCommand({ SecretId: secretId }))).SecretString ?? ''),
    describe: () =>
      client.send(new DescribeSecretCommand({ SecretId: secretId })).then((secret) => secret.VersionIdsToStages),
    put: (value: string) => client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: value })),
  }
}

/** A client that calls `act` before it sends a command. */
function clientThat(act: (command: string | undefined) => void | Promise<void>): SecretsManagerClient {
  const client = new SecretsManagerClient({ ...clientSettings(), ...local.client })
  onTestFinished(() => client.destroy())
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (step) => {
        await act(commandName)
        return next(step)
      },
    { step: 'initialize' },
  )
  return client
}

apiTokensContract('Secrets Manager', async () => {
  const { reading } = await open()
  const { client, secretId } = reading
  return {
    tokens: createSecretsManagerApiTokens(reading),
    store: createSecretsManagerApiTokens({ client, secretId }).store,
  }
})

webhookSecretsContract('Secrets Manager', async () => {
  const [own, learned] = [await open(), await open()]
  const learnedId = learned.secretId
  const instance = () =>
    createSecretsManagerSecrets({ ...own.reading, learnedId, learners: new Set(['asana', 'notion']) })
  const editor = createSecretsManagerSecrets({ client: own.client, secretId: own.secretId, learnedId })
  return {
    secrets: instance(),
    another: instance,
    openWindow: (source, until) => editor.openWindow(source, until, 0),
    everything: () => Promise.all([own.describe(), learned.describe()]),
    async store(source, given) {
      for (const secret of given.toReversed()) await editor.add(source, secret)
      if (given.length === 1) await editor.retire(source)
    },
  }
})

describe('webhook secrets in Secrets Manager', () => {
  it('are fetched once for a hundred requests at the same time', async () => {
    const { secrets } = await open('{"generic":["one"]}')
    const all = await Promise.all(Array.from({ length: 100 }, () => secrets.of('generic')))
    expect(all).toEqual(Array(100).fill(['one']))
    expect(local.operations).toEqual(['GetSecretValue'])
  })

  it('are fetched again after five minutes', async () => {
    const { secrets, put, advance } = await open('{"generic":["old"]}')
    await secrets.of('generic')
    await put('{"generic":["new"]}')
    advance(299_999)
    expect(await secrets.of('generic')).toEqual(['old'])
    advance(1)
    expect(await secrets.of('generic')).toEqual(['new'])
  })

  it('cost two calls for any number of unsigned webhooks within ten seconds', async () => {
    const { secrets } = await open('{"generic":["one"]}')
    for (let time = 0; time < 200; time += 1) {
      await secrets.of('generic')
      await secrets.of('generic', { fresh: true })
    }
    expect(local.operations).toEqual(['GetSecretValue', 'GetSecretValue'])
  })

  it('are read again after a throttled call', async () => {
    const { secrets } = await open('{"generic":["one"]}')
    local.throttle(1)
    expect(await secrets.of('generic')).toEqual(['one'])
    expect(local.operations).toEqual(['GetSecretValue', 'GetSecretValue'])
  })

  it.each([
    ['not JSON, but tiptop', 'expected JSON'],
    ['["tiptop"]', 'Invalid input: expected record'],
    ['{"generic":"tiptop"}', 'generic: Invalid input: expected array'],
    ['{"generic":["good",{"a":"tiptop"}]}', 'generic: 1: Invalid input: expected string'],
    ['{"generic":[""],"a":["tiptop"]}', 'generic: 0: '],
  ])(
    'are refused where the secret holds %s, with an error that names the field and repeats no content',
    async (text, expected) => {
      const { secretId, secrets } = await open(text)
      const error: Error = await secrets.of('generic').catch((thrown) => thrown)
      expect(error.message).toContain(`${secretId} does not hold what it should: ${expected}`)
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('tiptop')
    },
  )

  it('are refused where a secret holds bytes instead of text', async () => {
    const client = new SecretsManagerClient({ region: 'eu-central-1' })
    mockClient(client)
      .on(GetSecretValueCommand)
      .resolves({ SecretBinary: new Uint8Array(3), VersionId: '1' })
    const { reading } = await open()
    await expect(createSecretsManagerSecrets({ ...reading, client }).of('generic')).rejects.toThrow(/expected JSON/)
  })

  it('are still used when their replacement can’t be read; the log names the secret without its content', async () => {
    const { secrets, secretId, put, lines } = await open('{"generic":["old"]}')
    await secrets.of('generic')
    await put('tiptop')
    expect(await secrets.of('generic', { fresh: true })).toEqual(['old'])
    expect(lines).toEqual([{ event: 'secret not read', secret: secretId, error: 'UnreadableSecret' }])
  })

  it('fail where the secret does not exist', async () => {
    const { reading } = await open()
    const secrets = createSecretsManagerSecrets({ ...reading, secretId: 'none' })
    await expect(secrets.of('generic')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })
})

describe('the session token in Secrets Manager', () => {
  it('is fetched once, and again after the ERP refused it', async () => {
    const { reading, put } = await open('{"token":"old","expiresAt":1}')
    const session = createSecretsManagerSession(reading)
    expect(await Promise.all([session.token(), session.token()])).toEqual(['old', 'old'])
    expect(local.operations).toEqual(['GetSecretValue'])
    await put('{"token":"new"}')
    expect(await session.token()).toBe('old')
    expect(await session.token({ fresh: true })).toBe('new')
    expect(await session.token()).toBe('new')
  })

  it('is missing where the secret holds something else, and the error repeats no content', async () => {
    const { reading } = await open('{"tokn":"tiptop"}')
    const error: Error = await createSecretsManagerSession(reading)
      .token()
      .catch((thrown) => thrown)
    expect(error.message).toContain('token: Invalid input: expected string')
    expect(error.message).not.toContain('tiptop')
  })
})

describe('the editor of webhook secrets', () => {
  it('puts the newest secret first, and retires all others', async () => {
    const { editor, stored } = await open()
    await editor.add('generic', 'first')
    await editor.add('github', 'other')
    await editor.add('generic', 'second')
    expect(await stored()).toEqual({ generic: ['second', 'first'], github: ['other'] })
    expect(await editor.retire('generic')).toBe(1)
    expect(await editor.retire('generic')).toBe(0)
    expect(await editor.retire('constructor')).toBe(0)
    expect(await stored()).toEqual({ generic: ['second'], github: ['other'] })
  })

  it('makes secrets of 32 random bytes', async () => {
    const { editor } = await open()
    const made = await editor.add('generic')
    expect(made).toMatch(/^whsec_/)
    expect(Buffer.from(made.replace('whsec_', ''), 'base64')).toHaveLength(32)
    expect(await editor.add('generic')).not.toBe(made)
  })

  it('moves a known secret to the front, and writes nothing where it is in front already', async () => {
    const { editor, stored } = await open('{"generic":["new","old"]}')
    await editor.add('generic', 'old')
    expect(await stored()).toEqual({ generic: ['old', 'new'] })
    local.operations.length = 0
    await editor.add('generic', 'old')
    expect(local.operations).toEqual(['GetSecretValue'])
  })

  it('loses nothing when several operators edit at the same time', async () => {
    const { editor } = await open()
    await Promise.all(['one', 'two', 'three'].map((secret) => editor.add('generic', secret)))
    expect((await editor.of('generic')).sort()).toEqual(['one', 'three', 'two'])
  })

  it('keeps a change that another operator writes at the same time', async () => {
    const { stored, secretId, put } = await open('{"generic":["old"]}')
    let isFirst = true
    const interrupted = clientThat(async (command) => {
      if (command === 'PutSecretValueCommand' && isFirst) await put('{"generic":["old"],"github":["theirs"]}')
      if (command === 'PutSecretValueCommand') isFirst = false
    })
    await createSecretsManagerSecrets({ client: interrupted, secretId }).add('generic', 'ours')
    expect(await stored()).toEqual({ generic: ['ours', 'old'], github: ['theirs'] })
  })

  it.each(['PutSecretValue', 'UpdateSecretVersionStage'])(
    'counts correctly and writes once when the answer to %s gets lost',
    async (operation) => {
      const { stored, secretId } = await open('{"generic":["new","old","older"]}')
      const lossy = clientThat((command) => {
        if (command === `${operation}Command`) local.loseAnswers(1)
      })
      expect(await createSecretsManagerSecrets({ client: lossy, secretId }).retire('generic')).toBe(2)
      const writes = ['PutSecretValue', 'UpdateSecretVersionStage', operation].sort()
      expect(local.operations.filter((name) => name !== 'GetSecretValue').sort()).toEqual(writes)
      expect(await stored()).toEqual({ generic: ['new'] })
    },
  )

  it('keeps the old value as the previous version', async () => {
    const { editor, client, secretId } = await open('{"generic":["old"]}')
    await editor.add('generic', 'new')
    const previous = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: 'AWSPREVIOUS' }))
    expect(previous.SecretString).toBe('{"generic":["old"]}')
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: secretId }))
    expect(Object.values(VersionIdsToStages ?? {}).flat()).toContain('AWSCURRENT')
  })

  it('changes nothing in a secret that it can’t read', async () => {
    const { editor, client, secretId } = await open('{"generic":"tiptop"}')
    await expect(editor.add('generic', 'new')).rejects.toThrow(/does not hold what it should: generic: /)
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
    expect(SecretString).toBe('{"generic":"tiptop"}')
  })

  it('fails after five tries when others keep changing the secret', async () => {
    const { secretId, put } = await open()
    let edits = 0
    const contested = clientThat(async (command) => {
      if (command !== 'PutSecretValueCommand') return
      edits += 1
      await put(`{"github":["${edits}"]}`)
    })
    const editor = createSecretsManagerSecrets({ client: contested, secretId })
    await expect(editor.add('generic', 'ours')).rejects.toThrow(/is being changed by others/)
    expect(edits).toBe(5)
  })

  it('fails where it has no right to make its version the current one', async () => {
    const { stored, secretId } = await open()
    const denied = clientThat((command) => {
      if (command === 'UpdateSecretVersionStageCommand') throw new Error('denied')
    })
    await expect(createSecretsManagerSecrets({ client: denied, secretId }).add('generic')).rejects.toThrow('denied')
    expect(await stored()).toEqual({})
  })
})

describe('learned secrets', () => {
  const asana = new Set(['asana'])

  /** The operator's secrets and the learned ones, as ingest reads them. */
  async function ingest(own = '{}', learned = '{}') {
    const [ofOperator, ofSources] = [await open(own), await open(learned)]
    const learnedId = ofSources.secretId
    const secrets = createSecretsManagerSecrets({ ...ofOperator.reading, learnedId, learners: asana })
    const { client, secretId } = ofOperator
    const editor = createSecretsManagerSecrets({ client, secretId, learnedId })
    return { ...secrets, ofOperator, ofSources, editor }
  }

  it('come after those that the operator added since, and count only for sources that learn', async () => {
    const { of } = await ingest(
      '{"asana":["added"],"generic":["own"]}',
      '{"secrets":{"asana":["learned"],"generic":["x"]}}',
    )
    expect([await of('asana'), await of('generic')]).toEqual([['added', 'learned'], ['own']])
  })

  it('do not affect other sources where they can’t be read', async () => {
    const { of } = await ingest('{"generic":["own"]}', 'tiptop')
    expect(await of('generic')).toEqual(['own'])
    await expect(of('asana')).rejects.toThrow(/expected JSON/)
  })

  it('are never written to the secret of the operator', async () => {
    const { learn, of, ofOperator, editor } = await ingest('{"generic":["own"]}')
    const before = await ofOperator.describe()
    await editor.openWindow('asana', 2, 1)
    expect(await learn('asana', 'brought', 1)).toBe(true)
    expect(await ofOperator.describe()).toEqual(before)
    expect([await of('asana'), await of('generic')]).toEqual([['brought'], ['own']])
  })

  it('are read once in ten seconds for any number of handshakes of strangers', async () => {
    const { learn, ofOperator } = await ingest()
    for (let time = 0; time < 50; time += 1) expect(await learn('asana', `stranger ${time}`, 1)).toBe(false)
    ofOperator.advance(9_999)
    expect(await learn('asana', 'stranger', 1)).toBe(false)
    expect(local.operations).toEqual(['GetSecretValue'])
  })

  it('are known at once to the instance that learned them, even while it reads', async () => {
    const { learn, of, editor } = await ingest()
    await editor.openWindow('asana', 2, 1)
    const [learned] = await Promise.all([learn('asana', 'brought', 1), of('asana', { fresh: true })])
    expect([learned, await of('asana')]).toEqual([true, ['brought']])
  })

  it('are forgotten with their window, and others are kept', async () => {
    const { editor, ofSources } = await ingest()
    await editor.openWindow('asana', 2, 1)
    await editor.openWindow('notion', 2, 1)
    expect(await editor.forget('asana')).toBe(0)
    expect(await ofSources.stored()).toEqual({ windows: { notion: '1970-01-01T00:00:00.002Z' }, secrets: {} })
  })
})
