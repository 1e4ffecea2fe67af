import type { WebhookSecrets } from '../ports/ports.ts'
import { Learning, secretsOf, windowOf, withForgotten, withLearned, withWindow } from '../secrets/webhook-secrets.ts'
import { editJson, type Remembering, readJson, rememberedJson } from './stored-json.ts'
import type { StoredSecret } from './stored-secret.ts'

/**
 * Webhook secrets of which some are learned. Those stand in a secret of their own, beside the operator's, which ingest may not
 * write: whatever becomes of a handshake touches no secret that an operator stored.
 * @param own the operator's
 * @param options where the learned ones stand
 * @param sources names of the sources that may learn; the others do not depend on what stands there
 */
export function withLearnedSecrets(
  own: WebhookSecrets,
  options: StoredSecret & Remembering,
  sources: ReadonlySet<string>,
): WebhookSecrets {
  const learning = rememberedJson(options, Learning)
  async function of(source: string, look?: { fresh?: boolean }): Promise<string[]> {
    if (!sources.has(source)) return own.of(source, look)
    const [secrets, { secrets: learned }] = await Promise.all([own.of(source, look), learning(look)])
    // Nothing is learned beside a secret, so whatever an operator stored is newer.
    return [...secrets, ...(secretsOf(learned, source) ?? [])]
  }
  return {
    of,
    async learn(source, secret, now) {
      // Strangers who send handshakes cause no more calls than what is remembered allows.
      const isAsked = windowOf(await learning({ fresh: true }), source, now) !== undefined
      if (!isAsked || (await of(source, { fresh: true })).length > 0) return false
      const { isLearned, json } = await editJson(options, Learning, (stored) => {
        const changed = withLearned(stored, source, secret, now)
        return { changed, result: { isLearned: changed !== undefined, json: changed ?? stored } }
      })
      // The sender begins at once to sign with it, or with what another instance has learned.
      learning.remember(json)
      return isLearned
    },
  }
}

/** The operator's way to what sources may learn, and have learned. */
export type LearningEditor = {
  all(): Promise<Learning>
  /** Lets a source learn the secret of a handshake. @param until epoch ms */
  openWindow(source: string, until: number, now: number): Promise<void>
  /** Forgets what a source has learned, and closes its window. @returns how many secrets ended */
  forget(source: string): Promise<number>
}

/** Edits what withLearnedSecrets reads; see `editJson` for what may go wrong. */
export function createLearningEditor(stored: StoredSecret): LearningEditor {
  return {
    all: () => readJson(stored, Learning),
    openWindow: (source, until, now) =>
      editJson(stored, Learning, (json) => ({ changed: withWindow(json, source, until, now), result: undefined })),
    forget: (source) =>
      editJson(stored, Learning, (json) => {
        const isThere = Object.hasOwn(json.windows, source) || Object.hasOwn(json.secrets, source)
        const result = secretsOf(json.secrets, source)?.length ?? 0
        return { ...(isThere && { changed: withForgotten(json, source) }), result }
      }),
  }
}
