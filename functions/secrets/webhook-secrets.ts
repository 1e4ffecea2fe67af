import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import type { WebhookSecrets } from '../ports/ports.ts'
import { type JsonDocument, ownValue } from './json-document.ts'

/** Source name → the secrets that its webhooks may be signed with, newest first. */
export const SecretsBySource = z.record(z.string(), z.array(z.string().min(1)))
export type SecretsBySource = z.infer<typeof SecretsBySource>

/** Source name → until when it may learn a secret (ISO 8601); and the secrets that sources have learned. */
export const Learning = z.strictObject({
  windows: z.record(z.string(), z.iso.datetime()).default({}),
  secrets: SecretsBySource.default({}),
})
export type Learning = z.infer<typeof Learning>

/** The webhook secrets of all sources, and how an operator changes them. Secrets stand newest first. */
export type WebhookSecretStore = Required<WebhookSecrets> & {
  /** Adds a secret; older ones stay valid. @returns the secret, made here if none is given */
  add(source: string, secret?: string): Promise<string>
  /** Removes every secret but the newest. @returns how many were removed */
  retire(source: string): Promise<number>
  /** Removes every secret, and closes the source's window. @returns how many were removed */
  forget(source: string): Promise<number>
  /** Lets a source learn the secret of a handshake. @param until epoch ms */
  openWindow(source: string, until: number, now?: number): Promise<void>
  /** Until when a source may learn a secret; epoch ms. */
  window(source: string, now?: number): Promise<number | undefined>
}

/**
 * @param options.added the secrets that operators add
 * @param options.learning the windows and the learned secrets; absent where no source can learn
 * @param options.isLearnedApart whether the learned secrets of a source stand in `learning` alone; else `added` shows them too
 * @param options.given secrets from the settings; they win over the documents', source by source
 */
export function createWebhookSecrets({
  added,
  learning,
  isLearnedApart = () => false,
  given = {},
}: {
  added: JsonDocument<SecretsBySource>
  learning?: JsonDocument<Learning> | undefined
  isLearnedApart?: (source: string) => boolean
  given?: SecretsBySource
}): WebhookSecretStore {
  async function of(source: string, options?: { fresh?: boolean }): Promise<string[]> {
    const fixed = ownValue(given, source)
    if (fixed) return fixed
    const [secrets, learned] = await Promise.all([
      added.read(options),
      isLearnedApart(source) ? learning?.read(options) : undefined,
    ])
    // A source with a secret learns none, so an added secret is newer than a learned one.
    return [...(ownValue(secrets, source) ?? []), ...(ownValue(learned?.secrets ?? {}, source) ?? [])]
  }

  async function forgetLearned(source: string): Promise<number> {
    const forgotten = await learning?.edit(({ windows, secrets }) => {
      const isKnown = Object.hasOwn(windows, source) || Object.hasOwn(secrets, source)
      return {
        changed: isKnown ? { windows: without(windows, source), secrets: without(secrets, source) } : undefined,
        result: ownValue(secrets, source)?.length ?? 0,
      }
    })
    return forgotten ?? 0
  }

  return {
    of,
    async learn(source, secret, now) {
      if (!learning || Object.hasOwn(given, source)) return false
      // A cache limits fresh reads, so that handshakes of strangers cause few.
      if (windowOf(await learning.read({ fresh: true }), source, now) === undefined) return false
      if ((await of(source, { fresh: true })).length > 0) return false
      return learning.edit((stored) => {
        const { windows, secrets } = stored
        const mayLearn = windowOf(stored, source, now) !== undefined && !ownValue(secrets, source)?.length
        const changed = { windows: without(windows, source), secrets: { ...secrets, [source]: [secret] } }
        return { changed: mayLearn ? changed : undefined, result: mayLearn }
      })
    },
    add: (source, secret = newSecret()) =>
      added.edit((secrets) => {
        const known = ownValue(secrets, source) ?? []
        const changed = { ...secrets, [source]: [secret, ...known.filter((other) => other !== secret)] }
        return { changed: known[0] === secret ? undefined : changed, result: secret }
      }),
    async retire(source) {
      const { hasSecret, retired } = await added.edit((secrets) => {
        const [newest, ...older] = ownValue(secrets, source) ?? []
        const changed = newest !== undefined && older.length > 0 ? { ...secrets, [source]: [newest] } : undefined
        return { changed, result: { hasSecret: newest !== undefined, retired: older.length } }
      })
      return retired + (hasSecret && isLearnedApart(source) ? await forgetLearned(source) : 0)
    },
    async forget(source) {
      const learned = await forgetLearned(source)
      const forgotten = await added.edit((secrets) => {
        const result = ownValue(secrets, source)?.length ?? 0
        return { changed: result > 0 ? without(secrets, source) : undefined, result }
      })
      return learned + forgotten
    },
    async openWindow(source, until, now = Date.now()) {
      await learning?.edit((stored) => {
        const open = Object.entries(stored.windows).filter(([name]) => windowOf(stored, name, now) !== undefined)
        const windows = { ...Object.fromEntries(open), [source]: new Date(until).toISOString() }
        return { changed: { ...stored, windows }, result: undefined }
      })
    },
    window: async (source, now = Date.now()) => learning && windowOf(await learning.read(), source, now),
  }
}

/** Makes 32 random bytes, written so that Standard Webhooks, plain HMAC and bearer can all use them. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** Until when a source may learn a secret, epoch ms; undefined when it may not. */
function windowOf({ windows }: Learning, source: string, now: number): number | undefined {
  const until = Date.parse(ownValue(windows, source) ?? '')
  return now < until ? until : undefined
}

function without<T>(record: Record<string, T>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== name))
}
