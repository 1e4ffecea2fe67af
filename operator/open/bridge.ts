import type { ErpHost } from '../../functions/erp/api.ts'
import type { Erp } from '../../functions/erp/client.ts'
import type { ErpSession, MessageStates, Queue } from '../../functions/ports/ports.ts'
import type { Credentials } from '../../functions/secrets/session.ts'
import type { ErpBehavior } from '../../functions/state/erp/erp-behavior.ts'
import type { WaitingMessages } from '../../local/storage/queue.ts'
import type { LogLines } from '../trace/log-lines.ts'
import type { Health } from './health.ts'

/** A bridge as its operator reaches it, on this machine or on AWS. */
export type BridgeAccess = {
  home: 'one machine' | 'AWS'
  /** The front door's URL, without a path. */
  url: string
  /** How the outside calls it, where that is known. */
  publicUrl: string | undefined
  /** What to do when nobody answers there. */
  offlineHint: string
  /** By name. */
  sources: ReadonlyMap<string, SourceInfo>
  secrets: SecretAdmin
  states: MessageStates
  queue: Queue
  deadLetters: Queue
  /** Looks through the queue, where that can be done. */
  queued?: WaitingMessages
  /** What no command can make the home forget, in a sentence or two. */
  notErasedNote: string
  erp: Erp
  host: ErpBehavior
  /** Where the ERP is, and what lets one in. */
  erpHost: ErpConnection
  /** Whether no PUT may leave. */
  isDry: boolean
  log: LogLines
  /** Measures what `status` shows. */
  health(): Promise<Health>
  close(): void
}

/** An ERP, and what lets one in. */
export type ErpConnection = ErpHost & { session: ErpSession }

/** A source's kind and options; of a stack's those that its outputs tell. */
export type SourceInfo = { kind: string } & Record<string, unknown>

/** Webhook secrets, newest first. */
export type SecretAdmin = {
  of(source: string): Promise<string[]>
  add(source: string, secret?: string): Promise<string>
  retire(source: string): Promise<number>
  forget(source: string): Promise<number>
  /** Lets a source learn the secret of a handshake. @param until epoch ms */
  openWindow(source: string, until: number): Promise<void>
  /** Until when a source may learn one; epoch ms. */
  window(source: string): Promise<number | undefined>
  /** Why the secrets of a source can't be changed here. */
  fixed(source: string): string | undefined
  /** Why the API token of a source can't be changed here. */
  fixedToken(source: string): string | undefined
  /** Stores the token with which a source's provider is asked. */
  storeApiToken(source: string, token: string): Promise<void>
  /** Stores the token for the ERP; absent where settings say it. */
  setErpToken?(token: string): Promise<void>
  /** Stores the user and password that the bridge logs in with, and has it log in; absent where settings say them. */
  setErpCredentials?(credentials: Credentials): Promise<void>
}

/**
 * Finds a source by its name.
 * @throws when there is none
 */
export function sourceOf({ sources }: Pick<BridgeAccess, 'sources'>, name: string): SourceInfo {
  const source = sources.get(name)
  if (source) return source
  throw new Error(`there is no source ${name}: ${[...sources.keys()].join(', ')}`)
}
