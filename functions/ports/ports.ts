import type { LookupOutcome } from '../state/lookup.ts'
import type { SavedState, StoredState } from '../state/stored-state.ts'
import type { DimensionOf, MetricName } from './metrics.ts'

/**
 * What a home must bring. Each has an adapter in either home, and one contract suite that every adapter passes
 * (test/contracts).
 */

/** A queue: at least once, in no order. Dead letters are a queue of the same form. */
export type Queue = {
  /**
   * Puts a message on the queue. Resolves once it survives a crash.
   * @param options.delay ms until it can be received, at most 15 min
   * @param options.reason why it is a dead letter
   */
  send(body: string, options?: { delay?: number; reason?: string }): Promise<void>
  /**
   * Takes up to `max` messages that nobody else can see for `visibility` ms; whatever is not removed by then comes again.
   * Returns at once, with none where none is visible.
   */
  receive(options: { max: number; visibility: number }): Promise<ReceivedMessage[]>
  /** Ends a message's life. Its receipt may be outdated: then another receiver has it. */
  remove(receipt: string): Promise<void>
  /** Lets a received message come again in `delay` ms. */
  release(receipt: string, delay: number): Promise<void>
}

/** A message in the hands of a receiver. `receives` counts this time too; `sentAt` is epoch ms. */
export type ReceivedMessage = {
  id: string
  receipt: string
  body: string
  receives: number
  sentAt: number
  reason?: string
}

/** The records of chat messages, and of objects, each by its key and with a version that makes writes optimistic. */
export type MessageStates = {
  load(messageId: string): Promise<StoredState | undefined>
  /**
   * Saves a record that still has the version that was loaded (undefined: none was there). Resolves once it survives a crash.
   * A new record begins with a version at random, so that what was loaded before one was removed is no version of the next.
   * @returns the new version, or undefined when somebody else saved in between
   */
  save(messageId: string, record: SavedState, loaded: number | undefined): Promise<number | undefined>
  /**
   * Deletes a record that still has the version that was loaded. For operators: deliver never does so.
   * @returns whether it did; false when somebody else saved or deleted it in between, or an answer got lost: look again
   */
  remove(messageId: string, loaded: number): Promise<boolean>
  /** Chat messages whose `sweepAt` (epoch ms) is before `before`, oldest first. Finds only what is due: others have no `sweepAt`. */
  due(before: number, limit: number): Promise<{ messageId: string; sweepAt: number }[]>
  /** Chat messages that something is parked of, and since when (epoch ms), oldest first. */
  parked(limit: number): Promise<{ messageId: string; parkedAt: number }[]>
  /** Objects that are linked, by their keys, and since when (epoch ms), oldest first. */
  linked(limit: number): Promise<{ key: string; linkedAt: number }[]>
  /** Every record whose key begins with `prefix`, page by page, by reading all of the store. For operators. */
  beginningWith(prefix: string): AsyncIterable<(StoredState & { key: string })[]>
  /** Deletes records whose `expiresAt` (epoch ms) is before `before`, where the store does not do so by itself. */
  expire(before: number): Promise<void>
}

/** The secrets that webhooks of a source may be signed with: several while one replaces another, none when it refuses everything. */
export type WebhookSecrets = {
  /** @param options.fresh look past any cache: a signature did not match */
  of(source: string, options?: { fresh?: boolean }): Promise<string[]>
  /**
   * Stores the secret that a source's handshake brings, where an operator has opened a window for it, and closes the window.
   * Resolves once it survives a crash. Absent where no source brings its own secret.
   * @param now epoch ms
   * @returns whether it did: for each window once, whoever asks at the same time
   */
  learn?(source: string, secret: string, now: number): Promise<boolean>
}

/** The tokens with which a source's provider is asked. */
export type ApiTokens = {
  /** @param options.fresh look past any cache: the provider refused the last one */
  of(source: string, options?: { fresh?: boolean }): Promise<string | undefined>
}

/** The APIs of the providers that are asked for what their webhooks leave open. */
export type ProviderApis = {
  /** Those of a source; undefined where it asks nothing. */
  of(source: string): ProviderApi | undefined
}

/** What one provider is asked. Never throws for what the provider or the network does. */
export type ProviderApi = { taskState(object: string): Promise<LookupOutcome> }

/** The token that goes into `x-session-token`: a session's or an API key. */
export type ErpSession = {
  /**
   * @param options.fresh look past any cache: the ERP refused the last one
   * @throws where there is none; the error's message is for operators, and holds no secret
   */
  token(options?: { fresh?: boolean }): Promise<string>
  /**
   * Asks for another session than the one of this token, which the ERP refuses. Resolves when that was asked, which may be
   * before there is one. Whoever asks again and again causes no more logins. Absent where nobody can log in.
   */
  renew?(refused: string): Promise<void>
}

/** Epoch ms. */
export type Clock = () => number

/** One line of a log: ids and numbers only, never a body, a text, a token or a signature. */
export type Log = (event: string, fields: LogFields) => void
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** Counts something, or measures it in ms, as the catalogue in metrics.ts says. What is zero need not be told. */
export type Metrics = <Name extends MetricName>(name: Name, value: number, ...dimension: DimensionOf<Name>) => void
