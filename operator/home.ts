import type { MessageStates, Queue } from '../functions/core/ports.ts'
import type { Erp } from '../functions/erp/client.ts'
import type { LogLines } from './log-lines.ts'

/** Which home a command is for, as options of `parseArgs`. */
export const homeOptions = {
  stack: { type: 'string' },
  region: { type: 'string', default: 'eu-central-1' },
} as const

/** Opens the home that a command's options name. */
export type OpenHome = (options: { stack?: string | undefined; region: string }) => Promise<Home>

/** A bridge as its operator reaches it, on this machine or on AWS. */
export type Home = {
  /** The front door's URL, without a path. */
  url: string
  /** What to do when nobody answers there. */
  whenSilent: string
  /** By name, with their kinds, and how they sign where that isn't as usual. */
  sources: ReadonlyMap<string, SourceOfHome>
  secrets: HomeSecrets
  states: MessageStates
  queue: Queue
  deadLetters: Queue
  erp: Erp
  log: LogLines
  close(): void
}

export type SourceOfHome = { kind: string; authentication?: unknown } & Record<string, unknown>

/** Webhook secrets, newest first. */
type HomeSecrets = {
  of(source: string): Promise<string[]>
  add(source: string, secret?: string): Promise<string>
  retire(source: string): Promise<number>
  /** Why the secrets of a source can't be changed here. */
  fixed(source: string): string | undefined
  /** Stores the token for the ERP; absent where settings say it. */
  setErpToken?(token: string): Promise<void>
}
