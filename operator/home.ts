import type { MessageStates } from '../functions/core/ports.ts'
import type { Erp } from '../functions/erp/client.ts'

/** A bridge as its operator reaches it, on this machine or on AWS. */
export type Home = {
  /** The front door's URL, without a path. */
  url: string
  /** What to do when nobody answers there. */
  whenSilent: string
  /** By name, with their kinds. */
  sources: ReadonlyMap<string, { kind: string }>
  secrets: HomeSecrets
  states: MessageStates
  erp: Erp
  close(): void
}

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
