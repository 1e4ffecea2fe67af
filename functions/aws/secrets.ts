import * as z from 'zod'
import type { WebhookSecrets } from '../core/ports.ts'
import {
  newSecret,
  SecretsBySource,
  secretsOf,
  withForgotten,
  withNewest,
  withSecret,
} from '../core/webhook-secrets.ts'
import { editJson, type Remembering, readJson, rememberedJson, type StoredSecret } from './stored-json.ts'

const SessionToken = z.object({ token: z.string().min(1) })

/**
 * The webhook secrets of all sources, which one secret of Secrets Manager holds as JSON: source name → list of secrets.
 * Rejects while nothing was read yet and it can't be: there is no such secret, or it doesn't hold that.
 */
export function createSecretsManagerSecrets(options: StoredSecret & Remembering): WebhookSecrets {
  const secrets = rememberedJson(options, SecretsBySource)
  return { of: async (source, look) => secretsOf(await secrets(look), source) ?? [] }
}

/**
 * The ERP's session token, which one secret of Secrets Manager holds as JSON: {"token": "…"}.
 * Rejects while nothing was read yet and it can't be.
 */
export function createSecretsManagerSession(options: StoredSecret & Remembering): {
  token(look?: { fresh?: boolean }): Promise<string>
} {
  const session = rememberedJson(options, SessionToken)
  return { token: async (look) => (await session(look)).token }
}

/** The operator's way to change webhook secrets. Secrets stand newest first. */
export type WebhookSecretsEditor = {
  all(): Promise<SecretsBySource>
  /** Adds a secret beside those that are valid already. @returns it, made here when none was given */
  add(source: string, secret?: string): Promise<string>
  /** Ends the validity of every secret but the newest. @returns how many ended */
  retire(source: string): Promise<number>
  /** Ends the validity of every secret. @returns how many ended */
  forget(source: string): Promise<number>
}

/** Edits webhook secrets where createSecretsManagerSecrets reads them; see `editJson` for what may go wrong. */
export function createSecretsManagerEditor(stored: StoredSecret): WebhookSecretsEditor {
  type Change<T> = (secrets: SecretsBySource) => { changed?: SecretsBySource; result: T }
  const edit = <T>(change: Change<T>) => editJson(stored, SecretsBySource, change)
  return {
    all: () => readJson(stored, SecretsBySource),
    add(source, secret = newSecret()) {
      return edit((secrets) => {
        const isNewest = secretsOf(secrets, source)?.[0] === secret
        return { ...(!isNewest && { changed: withSecret(secrets, source, secret) }), result: secret }
      })
    },
    retire(source) {
      return edit((secrets) => {
        const { secrets: changed, retired } = withNewest(secrets, source)
        return { ...(retired.length > 0 && { changed }), result: retired.length }
      })
    },
    forget(source) {
      return edit((secrets) => {
        const result = secretsOf(secrets, source)?.length ?? 0
        const { secrets: changed } = withForgotten({ windows: {}, secrets }, source)
        return { ...(result > 0 && { changed }), result }
      })
    },
  }
}
