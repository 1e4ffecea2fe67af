import { randomUUID } from 'node:crypto'
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import type { Clock, Log } from '../ports/ports.ts'
import {
  Credentials,
  type Login,
  noSession,
  refusedCredentialsPause,
  StoredSession,
  type VerifySession,
} from '../secrets/session.ts'
import { moveCurrent, moveStage, parseSecret, readCurrent, readSecret, type StoredSecret } from './secret-document.ts'

/**
 * What Secrets Manager calls a rotation function with
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html). Its pages spell the steps both
 * `createSecret` and `create_secret`.
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

/** The label of the version that stores the last refused login, where every instance finds it. */
const refusedStage = 'CHATROOM_BRIDGE_REFUSED'
const Refusal = z.object({ refusedAt: z.number(), credentialsVersion: z.string(), reason: z.string() })
type Refusal = z.infer<typeof Refusal>

/** Reads when (epoch ms) the ERP last refused a login, and why; undefined where it never did. */
export async function lastRefusal(session: StoredSecret): Promise<Refusal | undefined> {
  const text = await textOf(session, { VersionStage: refusedStage })
  return text === undefined ? undefined : parseSecret(text, Refusal, session.secretId)
}

/**
 * Rotates the secret that holds the ERP's session: logs in, and tries the session with a real read before it becomes the
 * current one. Each step may be called again at any time. The current session stays until the last step is done. A rotation
 * that fails removes its pending version, which would keep the next rotation from starting
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
 * @param options.sessionId the secret's ARN; a call for any other is refused
 * @param options.credentialsId the secret that holds the user and password
 * @throws where a step failed, with a message without secrets: Secrets Manager counts that, and tries again
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

  async function put(value: unknown, version: string, stage: string, RotationToken?: string): Promise<void> {
    await client.send(
      new PutSecretValueCommand({
        SecretId: sessionId,
        ClientRequestToken: version,
        SecretString: JSON.stringify(value),
        VersionStages: [stage],
        RotationToken,
      }),
    )
  }

  async function create(version: string, rotationToken: string | undefined): Promise<void> {
    // An earlier call of this step has got a session: no second login.
    if ((await textOf(session, { VersionId: version })) !== undefined) return
    const { value: credentials, version: credentialsVersion } = await readSecret(
      { client, secretId: credentialsId },
      Credentials,
    )
    const refusal = await lastRefusal(session)
    // The ERP may lock a user out after too many failed logins.
    if (refusal?.credentialsVersion === credentialsVersion && clock() - refusal.refusedAt < refusedCredentialsPause) {
      throw noSession(refusal.reason)
    }
    const outcome = await login(credentials)
    switch (outcome.kind) {
      case 'session':
        await put(
          { token: outcome.token } satisfies z.infer<typeof StoredSession>,
          version,
          'AWSPENDING',
          rotationToken,
        )
        log('logged in to the ERP', {})
        return
      case 'refused': {
        const { reason } = outcome
        await put({ refusedAt: clock(), credentialsVersion, reason } satisfies Refusal, randomUUID(), refusedStage)
        throw noSession(reason)
      }
      case 'unreachable':
        throw failure('NoLogin', outcome.reason)
    }
  }

  async function test(version: string): Promise<void> {
    const text = await textOf(session, { VersionId: version })
    // Secrets Manager tries a new rotation by this step alone, before there is any session.
    if (text === undefined || text === '{}') return
    const verdict = await trySession(parseSecret(text, StoredSession, sessionId).token)
    if (verdict.kind !== 'accepted') throw failure('SessionRefused', verdict.reason)
  }

  async function finish(version: string): Promise<void> {
    const text = await textOf(session, { VersionId: version })
    if (text === undefined) throw failure('NoSession', 'there is no session to make the current one')
    parseSecret(text, StoredSession, sessionId)
    const { version: before } = await readCurrent(session)
    if (before === version || (await moveCurrent(session, before, version))) return
    throw failure('NoSession', 'another session has become the current one meanwhile')
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
      log('rotation failed', { step, error: describe(error) })
      // Refused where the pending version is not this one, which is fine.
      await moveStage(session, 'AWSPENDING', { from: version }).catch(() => {})
      throw error
    }
  }
}

/** Reads a version of a secret by its id or label; undefined where there is none. */
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

/** Gives the message of our own errors, which hold no secret; of others only the name. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const ours = ['LoginRefused', 'NoLogin', 'SessionRefused', 'NoSession', 'UnreadableSecret']
  return ours.includes(error.name) ? error.message : error.name
}
