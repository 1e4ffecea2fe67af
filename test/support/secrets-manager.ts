import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { clientSettings } from '../../functions/aws/client-settings.ts'
import { type AwsServer, startAwsServer } from './aws-server.ts'

/** A Secrets Manager in memory, on loopback only. */
export type LocalSecretsManager = AwsServer & {
  secretsManager: SecretsManagerClient
  /** Lets a function rotate a secret, as a rotation schedule does. */
  rotateWith(name: string, rotation: Rotation): void
  /** Rotations that RotateSecret began, and that are over by now, with the error that ended them. */
  rotations: { version: string; ended?: string }[]
}

/** A rotation function, as Secrets Manager calls it. */
type Rotation = (event: { Step: string; SecretId: string; ClientRequestToken: string }) => Promise<unknown>

export async function startSecretsManager(): Promise<LocalSecretsManager> {
  const secrets = new Map<string, Secret>()
  const rotations: LocalSecretsManager['rotations'] = []
  const server = await startAwsServer(createSecretsManagerServer(secrets, rotations))
  const secretsManager = new SecretsManagerClient({ ...clientSettings(), ...server.client })
  return {
    ...server,
    secretsManager,
    rotations,
    rotateWith(name, rotation) {
      const secret = find(secrets, name)
      if (!secret) throw new Error(`there is no secret ${name}`)
      secret.rotation = rotation
    },
    async stop() {
      secretsManager.destroy()
      await server.stop()
    },
  }
}

type Input = Partial<
  Record<
    | 'SecretId'
    | 'Name'
    | 'SecretString'
    | 'ClientRequestToken'
    | 'VersionId'
    | 'VersionStage'
    | 'RemoveFromVersionId'
    | 'MoveToVersionId',
    string
  >
> & { VersionStages?: string[] }

/** A secret: its versions by id, and which version each staging label is attached to. */
type Secret = {
  Name: string
  ARN: string
  versions: Map<string, string>
  stages: Map<string, string>
  rotation?: Rotation
}

/** An answer other than 200; `type` is what the SDK makes the error's name of. */
type Refusal = { refused: string; message: string }

/**
 * The part of Secrets Manager that the adapters use, over its own protocol (AWS JSON 1.1), with the rules that its API
 * reference gives: a version is never changed, its id is the request's token, a label is on one version at a time, and what
 * AWSCURRENT leaves becomes AWSPREVIOUS.
 */
function createSecretsManagerServer(secrets: Map<string, Secret>, rotations: LocalSecretsManager['rotations']): Server {
  const operations = operationsOf(rotations)
  return createServer(async (request, response) => {
    const operation = operations[String(request.headers['x-amz-target']).replace('secretsmanager.', '')]
    const isSigned = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')
    const input = JSON.parse(await text(request)) as Input
    const output = !isSigned
      ? refuse('MissingAuthenticationTokenException', 'Missing Authentication Token')
      : (operation?.(secrets, input) ?? refuse('UnknownOperationException', 'This server has no such operation'))
    response.writeHead(isRefusal(output) ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(isRefusal(output) ? { __type: output.refused, Message: output.message } : output))
  })
}

function isRefusal(output: object): output is Refusal {
  return 'refused' in output
}

function refuse(refused: string, message: string): Refusal {
  return { refused, message }
}

const noSecret = refuse('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")

type Operations = Record<string, (secrets: Map<string, Secret>, input: Input) => object>

const operationsOf = (rotations: LocalSecretsManager['rotations']): Operations => ({
  CreateSecret(secrets, { Name = '', SecretString, ClientRequestToken = '' }) {
    if (secrets.has(Name)) {
      return refuse('ResourceExistsException', `The operation failed because the secret ${Name} already exists.`)
    }
    const ARN = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${Name}-${randomUUID().slice(0, 6)}`
    const secret: Secret = { Name, ARN, versions: new Map(), stages: new Map() }
    secrets.set(Name, secret)
    if (SecretString === undefined) return { ARN, Name }
    return put(secret, { SecretString, ClientRequestToken })
  },

  GetSecretValue(secrets, { SecretId, VersionId, VersionStage = 'AWSCURRENT' }) {
    const secret = find(secrets, SecretId)
    if (!secret) return noSecret
    const id = VersionId ?? secret.stages.get(VersionStage) ?? ''
    const SecretString = secret.versions.get(id)
    if (SecretString === undefined) {
      const which = VersionId ? `VersionId: ${VersionId}` : `staging label: ${VersionStage}`
      return refuse('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${which}`)
    }
    const { ARN, Name } = secret
    return { ARN, Name, VersionId: id, SecretString, VersionStages: stagesOf(secret, id), CreatedDate: 1_795_000_000 }
  },

  PutSecretValue(secrets, input) {
    const secret = find(secrets, input.SecretId)
    return secret ? put(secret, input) : noSecret
  },

  DescribeSecret(secrets, { SecretId }) {
    const secret = find(secrets, SecretId)
    if (!secret) return noSecret
    const labelled = [...new Set(secret.stages.values())].map((id) => [id, stagesOf(secret, id)])
    return { ARN: secret.ARN, Name: secret.Name, VersionIdsToStages: Object.fromEntries(labelled) }
  },

  UpdateSecretVersionStage(secrets, { SecretId, VersionStage = '', RemoveFromVersionId, MoveToVersionId }) {
    const secret = find(secrets, SecretId)
    if (!secret) return noSecret
    const holder = secret.stages.get(VersionStage)
    const isThere = holder === MoveToVersionId && RemoveFromVersionId === undefined
    if (holder !== RemoveFromVersionId && !isThere) {
      return refuse(
        'InvalidParameterException',
        RemoveFromVersionId === undefined
          ? `The parameter RemoveFromVersionId can't be empty. Staging label ${VersionStage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`
          : `When you move staging label ${VersionStage}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${VersionStage}.`,
      )
    }
    if (MoveToVersionId === undefined) secret.stages.delete(VersionStage)
    else if (!secret.versions.has(MoveToVersionId)) {
      return refuse('ResourceNotFoundException', "Secrets Manager can't find the specified secret version.")
    } else attach(secret, VersionStage, MoveToVersionId)
    return { ARN: secret.ARN, Name: secret.Name }
  },

  RotateSecret(secrets, { SecretId, ClientRequestToken: version = '' }) {
    const secret = find(secrets, SecretId)
    if (!secret) return noSecret
    if (!secret.rotation) {
      return refuse('InvalidRequestException', 'No Lambda rotation function ARN is associated with this secret.')
    }
    if (version.length < 32 || version.length > 64) {
      return refuse('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.')
    }
    const { ARN, Name, stages } = secret
    const isUnderWay = stages.has('AWSPENDING') && stages.get('AWSPENDING') !== stages.get('AWSCURRENT')
    if (isUnderWay) {
      const isOver = rotations.some(({ version, ended }) => version === stages.get('AWSPENDING') && ended !== undefined)
      if (isOver) void rotate(secret, stages.get('AWSPENDING') as string, rotations)
      return refuse('InvalidRequestException', "A previous rotation isn't complete. That rotation will be reattempted.")
    }
    // The reference says no more than that a version is not made twice.
    const isThrough = stages.get('AWSCURRENT') === version || stages.get('AWSPREVIOUS') === version
    if (!isThrough) void rotate(secret, version, rotations)
    return { ARN, Name, VersionId: version }
  },
})

/** The four steps, after an answer that waits for none of them; a failure ends them. */
async function rotate(secret: Secret, version: string, rotations: LocalSecretsManager['rotations']): Promise<void> {
  const known = rotations.findIndex((one) => one.version === version)
  const rotation: LocalSecretsManager['rotations'][number] = { version }
  rotations.splice(known < 0 ? rotations.length : known, known < 0 ? 0 : 1, rotation)
  // The pending version has no value yet.
  secret.stages.set('AWSPENDING', version)
  try {
    for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      await secret.rotation?.({ Step, SecretId: secret.ARN, ClientRequestToken: version })
    }
    rotation.ended = 'done'
  } catch (error) {
    rotation.ended = String(error)
  }
}

function find(secrets: Map<string, Secret>, id: string | undefined): Secret | undefined {
  return [...secrets.values()].find(({ Name, ARN }) => id === Name || id === ARN)
}

function put(
  secret: Secret,
  { SecretString = '', ClientRequestToken: token = '', VersionStages = ['AWSCURRENT'] }: Input,
): object {
  if (token.length < 32 || token.length > 64) {
    return refuse('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.')
  }
  if (SecretString.length === 0 || Buffer.byteLength(SecretString) > 65_536) {
    return refuse('InvalidParameterException', 'SecretString must have 1 to 65536 bytes.')
  }
  const { ARN, Name, versions } = secret
  const known = versions.get(token)
  if (known !== undefined && known !== SecretString) {
    return refuse(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${ARN}.`,
    )
  }
  if (known === undefined) {
    // The first version of a secret is the current one, whatever it is put as.
    const stages = versions.size === 0 ? [...VersionStages, 'AWSCURRENT'] : VersionStages
    versions.set(token, SecretString)
    for (const stage of stages) attach(secret, stage, token)
  }
  return { ARN, Name, VersionId: token, VersionStages: stagesOf(secret, token) }
}

function attach({ stages }: Secret, stage: string, id: string): void {
  const holder = stages.get(stage)
  stages.set(stage, id)
  if (stage !== 'AWSCURRENT' || holder === undefined || holder === id) return
  stages.set('AWSPREVIOUS', holder)
}

function stagesOf({ stages }: Secret, id: string): string[] {
  return [...stages].filter(([, holder]) => holder === id).map(([stage]) => stage)
}
