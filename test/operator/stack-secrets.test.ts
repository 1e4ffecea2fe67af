import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { expect, it, onTestFinished } from 'vitest'
import { createSecretsManagerApiTokens } from '../../functions/aws/api-tokens.ts'
import { awsSecretAdmin } from '../../operator/open/aws-secrets.ts'
import { startSecretsManager } from '../support/secrets-manager.ts'

async function stack(learned: object) {
  const local = await startSecretsManager()
  onTestFinished(() => local.stop())
  for (const [Name, value] of Object.entries({ own: { slack: ['kept'] }, learned })) {
    await local.secretsManager.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }))
  }
  return (learnedId: string | undefined) => awsSecretAdmin(local.secretsManager, 'own', learnedId)
}

it('shows, retires and forgets learned secrets of a stack like added ones', async () => {
  const secrets = (await stack({ secrets: { asana: ['learned'] } }))('learned')
  expect([await secrets.of('asana'), await secrets.retire('asana')]).toEqual([['learned'], 0])
  await secrets.add('asana', 'added')
  expect(await secrets.of('asana')).toEqual(['added', 'learned'])
  expect([await secrets.retire('asana'), await secrets.of('asana')]).toEqual([1, ['added']])
  expect([await secrets.forget('asana'), await secrets.of('asana')]).toEqual([1, []])
  expect([await secrets.retire('slack'), await secrets.of('slack')]).toEqual([0, ['kept']])
})

it('opens a window, and closes it when the source is forgotten', async () => {
  const secrets = (await stack({}))('learned')
  const until = Date.now() + 60_000
  await secrets.openWindow('asana', until)
  expect([await secrets.window('asana'), await secrets.window('notion')]).toEqual([until, undefined])
  expect([await secrets.forget('asana'), await secrets.window('asana')]).toEqual([0, undefined])
})

it('asks to deploy a stack again that has no place for learned secrets', async () => {
  const secrets = (await stack({}))(undefined)
  expect([await secrets.of('slack'), await secrets.window('slack'), await secrets.forget('slack')]).toEqual([
    ['kept'],
    undefined,
    1,
  ])
  await expect(secrets.openWindow('asana', 1)).rejects.toThrow(/deploy it again/)
})

it('stores the API token of a source, where the stack has a place for it', async () => {
  const local = await startSecretsManager()
  onTestFinished(() => local.stop())
  const client = local.secretsManager
  await client.send(new CreateSecretCommand({ Name: 'tokens', SecretString: '{}' }))
  await awsSecretAdmin(client, 'own', undefined, 'tokens').storeApiToken('asana', 'pat')
  const tokens = createSecretsManagerApiTokens({ client, secretId: 'tokens', clock: Date.now })
  expect(await tokens.of('asana')).toBe('pat')
  await expect(awsSecretAdmin(client, 'own', undefined).storeApiToken('asana', 'pat')).rejects.toThrow(
    /deploy it again/,
  )
})
