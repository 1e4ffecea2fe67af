import { randomUUID } from 'node:crypto'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import type { Clock, Log } from '../ports/ports.ts'
import {
  Credentials,
  type Login,
  refusedCredentialsPause,
  StoredSession,
  type VerifySession,
} from '../secrets/session.ts'
import { parseSecret, readCurrent, type StoredSecret } from './stored-secret.ts'

/**
 * What Secrets Manager calls a rotation function with
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html); its pages spell the steps as
 * `createSecret` and as `create_secret`.
 */
const RotationEvent = z.looseObject({
  Step: z
    .string()
    .transform((step) => step.replaceAll('_', '').toLowerCase())
    .pipe(z.literal(['createsecret', 'setsecret', 'testsecret', 'finishsecret'])),
  SecretId: z.string(),
  ClientRequestToken: z.string(),
  RotationToken: z.string().optional(),
})

/** The label of a version that tells which credentials the ERP refused, and when; every instance sees it. */
const refusedStage = 'CHATROOM_BRIDGE_REFUSED'
const Refusal = z.object({ refusedAt: z.number(), credentialsVersion: z.string(), reason: z.string() })

/** When (epoch ms) the ERP last refused a login, and why; undefined where it never did. */
export async function lastRefusal(session: StoredSecret): Promise<z.infer<typeof Refusal> | undefined> {
  const text = await textOf(session, { VersionStage: refusedStage })
  return text === undefined ? undefined : parseSecret(text, Refusal, session.secretId)
}

/** The labels of the version that is being made, and of the one that is in use. */
const pending = 'AWSPENDING'
const current = 'AWSCURRENT'

/**
 * The rotation of the secret that holds the ERP's session: a login, tried with a real read before it becomes the current one.
 * Each step may be called again at any time. Until the last step is through, the current session stays as it is. A rotation
 * that fails leaves no pending version behind, which would keep the next one from beginning
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
 * @param options.sessionId the secret's ARN; a call for any other is refused
 * @param options.credentialsId the secret that holds the user and password
 * @throws where a step failed, in words that hold no secret: Secrets Manager counts that, and tries again
 */
export function createRotation({
  client,
  sessionId,
  credentialsId,
  login,
  trySession,
  clock,
  log,
}: {
  client: SecretsManagerClient
  sessionId: string
  credentialsId: string
  login: Login
  trySession: VerifySession
  clock: Clock
  log: Log
}): (event: unknown) => Promise<void> {
  const session = { client, secretId: sessionId }

  async function put(text: unknown, version: string, stage: string, RotationToken?: string): Promise<void> {
    await client.send(
      new PutSecretValueCommand({
        SecretId: sessionId,
        ClientRequestToken: version,
        SecretString: JSON.stringify(text),
        VersionStages: [stage],
        RotationToken,
      }),
    )
  }

  /** @throws while the ERP is not to be asked with these credentials again */
  async function refuseRefused(credentialsVersion: string): Promise<void> {
    const last = await lastRefusal(session)
    if (last?.credentialsVersion === credentialsVersion && clock() - last.refusedAt < refusedCredentialsPause) {
      throw failure('LoginRefused', last.reason)
    }
  }

  async function create(version: string, rotationToken: string | undefined): Promise<void> {
    // A session that an earlier call of this step got is as good as another: no second login.
    if ((await textOf(session, { VersionId: version })) !== undefined) return
    const credentials = await readCurrent({ client, secretId: credentialsId })
    const who = parseSecret(credentials.text, Credentials, credentialsId)
    await refuseRefused(credentials.version)
    const outcome = await login(who)
    switch (outcome.kind) {
      case 'session':
        await put({ token: outcome.token } satisfies z.infer<typeof StoredSession>, version, pending, rotationToken)
        log('logged in to the ERP', {})
        return
      case 'refused': {
        const { reason } = outcome
        const refusal: z.infer<typeof Refusal> = { refusedAt: clock(), credentialsVersion: credentials.version, reason }
        await put(refusal, randomUUID(), refusedStage)
        throw failure('LoginRefused', reason)
      }
      case 'unreachable':
        throw failure('NoLogin', outcome.reason)
    }
  }

  async function test(version: string): Promise<void> {
    const text = await textOf(session, { VersionId: version })
    // Secrets Manager tries a new rotation by this step alone, before there ever was a session.
    if (text === undefined || text === '{}') return
    const tried = await trySession(parseSecret(text, StoredSession, sessionId).token)
    if (tried.kind !== 'accepted') throw failure('SessionRefused', tried.reason)
  }

  async function finish(version: string): Promise<void> {
    const text = await textOf(session, { VersionId: version })
    if (text === undefined) throw failure('NoSession', 'there is no session to make the current one')
    parseSecret(text, StoredSession, sessionId)
    const before = await readCurrent(session)
    if (before.version === version) return
    try {
      await move(current, { from: before.version, to: version })
    } catch (error) {
      // The answer to a first try may have got lost, and the SDK's second one been refused.
      if ((await readCurrent(session)).version !== version) throw error
    }
  }

  async function move(VersionStage: string, { from, to }: { from: string; to?: string }): Promise<void> {
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: sessionId,
        VersionStage,
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      }),
    )
  }

  return async (given) => {
    const event = RotationEvent.safeParse(given)
    if (!event.success) throw failure('BadEvent', 'this is no call of a rotation by Secrets Manager')
    const { Step: step, SecretId, ClientRequestToken: version, RotationToken } = event.data
    if (SecretId !== sessionId) throw failure('BadEvent', 'this is not the secret that this function rotates')
    try {
      if (step === 'createsecret') await create(version, RotationToken)
      if (step === 'testsecret') await test(version)
      if (step === 'finishsecret') await finish(version)
      // setSecret has nothing to do: the ERP knows its session.
    } catch (error) {
      log('rotation failed', { step, error: explain(error) })
      // Where it is none of this version's, that is refused and all is well.
      await move(pending, { from: version }).catch(() => {})
      throw error
    }
  }
}

/** The text of a version of a secret, by its id or label; undefined where there is none, or an empty one. */
async function textOf(
  { client, secretId }: StoredSecret,
  which: { VersionId: string } | { VersionStage: string },
): Promise<string | undefined> {
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId: secretId, ...which }))).SecretString
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

function failure(name: string, why: string): Error {
  return Object.assign(new Error(why), { name })
}

/** Our own sentences hold no secret; of what others say nobody knows. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const ours = ['LoginRefused', 'NoLogin', 'SessionRefused', 'NoSession', 'UnreadableSecret']
  return ours.includes(error.name) ? error.message : error.name
}
